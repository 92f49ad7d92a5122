// Sockets that superd holds for units: when they are opened and closed, and who gets what comes.
#include "core/connections.hpp"
#include "os/process.hpp"
#include "supervisor/supervisor.hpp"

#include <algorithm>
#include <string_view>

namespace superd::supervisor {
namespace {

// A queue counts as empty when nothing waited at so many looks in a row: a connection that was
// being made when others were given what is new may still come.
constexpr std::chrono::milliseconds look_every{20};
constexpr int looks = 10;

bool any_reachable(const core::Unit* unit) {
    return unit != nullptr && std::ranges::any_of(unit->instances, core::is_reachable);
}

// A template has passed it its sockets under any numbers: they are known by their addresses.
void restore_forked(Listeners& listeners, const config::Unit& unit, std::uint32_t index, pid_t pid,
                    const os::Fd& pidfd) {
    for (const int number : os::descriptors_of(pid)) {
        for (const config::Listener& listener : unit.listeners) {
            auto fd = os::pidfd_getfd(pidfd, number);
            if (fd && listeners.restore(unit, index, listener.name, std::move(*fd))) break;
        }
    }
}

}  // namespace

std::optional<core::SpawnFailed> Supervisor::open_listeners(const core::Spawn& spawn,
                                                            const config::Unit& unit) {
    if (unit.listeners.empty() && listeners_.empty()) return std::nullopt;
    auto failure = open_sockets(spawn.instance, unit);
    if (!failure) return std::nullopt;
    return spawn_failed(spawn.instance, spawn.run, std::move(failure->text), failure->transient);
}

std::optional<Listeners::Failure> Supervisor::open_sockets(core::InstanceId id,
                                                           const config::Unit& unit) {
    const auto ours = [this](pid_t pid) {
        const auto mark = os::process_environment(pid, "SUPERD_RUN");
        return mark && mark->ends_with("@" + scope_);
    };
    auto failure = listeners_.open(unit, core::number_of(id), name_of(id), ours);
    if (const core::Unit* const known = system_.find(id.unit)) {
        listeners_.steer(unit.spec.name, core::takes_connections(*known));
    }
    return failure;
}

// It sleeps: whoever connects wakes it.
void Supervisor::await_demand(core::InstanceId id) {
    const core::Unit* const known = system_.find(id.unit);
    const config::Unit* const unit =
        known != nullptr ? definitions_.find(known->spec->name) : nullptr;
    if (unit == nullptr) return;
    if (auto failure = open_sockets(id, *unit)) {
        log_.warn(failure->text);
        return turn_.add(core::DemandFailed{id, std::move(failure->text)});
    }
    for (const Listeners::Socket* const each : listeners_.of(*unit, id.index)) {
        demand_.watch(id.unit, each->fd);
    }
}

// Something is different about the instance: does it still want its sockets, and what comes there?
void Supervisor::tend_listeners(core::InstanceId id, const std::string& name) {
    if (listeners_.find(name) == nullptr) return;
    const core::Unit* const unit = system_.find(id.unit);
    const core::Instance* const instance = system_.find(id);
    if (instance == nullptr || !core::is_reachable(*instance)) {
        listeners_.close(name, id.index, !any_reachable(unit));
    }
    if (unit != nullptr) listeners_.steer(name, core::takes_connections(*unit));
}

// After a take-over: units and instances may have left meanwhile.
void Supervisor::tend_all_listeners() {
    for (const std::string& name : listeners_.units()) {
        const core::Unit* const unit = system_.find(name);
        std::vector<std::uint32_t> indexes;
        for (const auto& each : *listeners_.find(name)) indexes.push_back(each.index);
        for (const std::uint32_t index : indexes) {
            const core::InstanceId id{unit != nullptr ? unit->id : 0, index};
            tend_listeners(id, name);
        }
    }
}

// It outlived every process of superd, and with it what the keeper held for it.
void Supervisor::restore_listeners(core::InstanceId id, pid_t pid, const os::Fd& pidfd) {
    constexpr int first = 3;
    const config::Unit* const unit = definitions_.find(unit_name(id.unit));
    if (unit == nullptr || unit->listeners.empty()) return;
    const auto names = os::process_environment(pid, "LISTEN_FDNAMES");
    if (!names) return restore_forked(listeners_, *unit, core::number_of(id), pid, pidfd);
    int number = first;
    for (std::string_view rest = *names; !rest.empty(); ++number) {
        const auto end = std::min(rest.find(':'), rest.size());
        auto fd = os::pidfd_getfd(pidfd, number);
        if (fd) {
            const std::string name{rest.substr(0, end)};
            listeners_.restore(*unit, core::number_of(id), name, std::move(*fd));
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

void Supervisor::begin_drain(const core::Drain& effect) {
    drains_.emplace_back(effect, 0);
    if (drains_.size() == 1) look_at_drains();
}

void Supervisor::look_at_drains() {
    drain_timer_.expires_after(look_every);
    drain_timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        std::vector<core::Drained> drained;
        std::erase_if(drains_, [&](auto& each) {
            auto& [drain, empty] = each;
            const core::Instance* const instance = system_.find(drain.instance);
            if (instance == nullptr || instance->run != drain.run) return true;
            const std::string unit = unit_name(drain.instance.unit);
            const bool waits = listeners_.waiting(unit, core::number_of(drain.instance)) != 0;
            empty = waits ? 0 : empty + 1;
            if (empty < looks) return !instance->draining;
            drained.push_back({drain.instance, drain.run});
            return true;
        });
        if (!drains_.empty()) look_at_drains();
        for (const core::Drained& each : drained) turn_.add(each);
        if (!drained.empty()) settle();
    });
}

}  // namespace superd::supervisor
