// What the kernel kills for want of memory: the main process of a run, or another of its tree.
#include "os/process.hpp"
#include "supervisor/supervisor.hpp"

#include <cstdio>
#include <utility>

namespace superd::supervisor {
namespace {

// The kernel counts before it kills. Who it is, is known once it has ended, or lives on.
constexpr std::chrono::milliseconds patience{50};

std::string mebibytes(std::uint64_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
    return text;
}

}  // namespace

// Of a main process that SIGKILL has ended.
bool Supervisor::killed_for_memory(core::InstanceId id) {
    const std::string group = group_of(id);
    if (group.empty()) return false;
    const auto kills = groups_->parent().oom_kills(group);
    std::uint64_t& before = table_.row(id).counts.oom_kills;
    return kills && *kills > std::exchange(before, *kills);
}

// "killed by the kernel: out of memory, memory-max 64 MiB"
std::string Supervisor::why_out_of_memory(core::InstanceId id) const {
    std::string text = "killed by the kernel: out of memory";
    const config::Unit* const unit = definitions_.find(unit_name(id.unit));
    if (unit != nullptr && unit->limits && unit->limits->memory_max) {
        text += ", memory-max " + mebibytes(*unit->limits->memory_max);
    }
    return text;
}

void Supervisor::look_at_kills_later(core::RunId run) {
    if (!kills_due_.insert(run).second || kills_due_.size() > 1) return;
    kills_timer_.expires_after(patience);
    kills_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) look_at_kills();
    });
}

void Supervisor::look_at_kills() {
    for (const core::RunId run : std::exchange(kills_due_, {})) {
        const core::InstanceId* const found = logs_.find(run);
        const core::InstanceId id = found != nullptr ? *found : core::InstanceId{};
        const core::Instance* const instance = system_.find(id);
        const std::string group = found != nullptr ? group_of(id) : std::string{};
        if (instance == nullptr || instance->run != run || group.empty()) continue;
        const auto kills = groups_->parent().oom_kills(group);
        if (!kills || *kills <= table_.row(id).counts.oom_kills) continue;
        // Its end is told by itself, with the cause.
        if (instance->pid != 0 && os::is_dying(instance->pid)) {
            look_at_kills_later(run);
        } else {
            tell_kills(id, run, *kills);
        }
    }
    settle();
}

// `run` 0: it is over.
void Supervisor::tell_kills(core::InstanceId id, core::RunId run, std::uint64_t kills) {
    std::uint64_t& before = table_.row(id).counts.oom_kills;
    const std::uint64_t more = kills - std::exchange(before, kills);
    turn_.outdate(id);
    Note told{.kind = wire::EventKind::oom, .id = id, .run = run};
    told.message =
        (more == 1 ? "a process of it was " : std::to_string(more) + " processes of it were ") +
        why_out_of_memory(id);
    log_.warn("unit " + name_of(id) + ": " + told.message);
    note(std::move(told));
}

}  // namespace superd::supervisor
