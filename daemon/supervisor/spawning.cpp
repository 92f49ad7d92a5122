// The life of a spawn (daemon/README.md).
#include "os/clock.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

namespace superd::supervisor {
namespace {

bool may_pass(const std::error_code& code) {
    return code == std::errc::too_many_files_open || code == std::errc::not_enough_memory ||
           code == std::errc::too_many_files_open_in_system ||
           code == std::errc::no_space_on_device ||
           code == std::errc::resource_unavailable_try_again;
}

}  // namespace

std::optional<core::SpawnFailed> Supervisor::prepare(const core::Spawn& spawn) {
    const auto [id, run] = spawn;
    const core::Unit& known = *system_.find(id.unit);
    const config::Unit* const unit = definitions_.find(known.spec->name);
    assert(unit != nullptr && "a unit that is started has a definition");
    if (auto failed = open_listeners(spawn, *unit)) return failed;
    auto fifos = logs_.create(run, unit->launch.uid, unit->launch.gid);
    if (!fifos) {
        const std::string name = name_of(id);
        return spawn_failed(id, run, name + ": cannot start: " + fifos.error().message(),
                            may_pass(fifos.error().code));
    }
    prepared_.emplace(std::move(*fifos), launcher_->plan(*unit, core::number_of(id), run), os::Fd{},
                      os::Fd{});
    os::SpawnPlan& plan = prepared_->plan;
    Launcher::add_own(*unit, plan);
    plan.descriptors = {{prepared_->fifos.out.get(), 1}, {prepared_->fifos.err.get(), 2}};
    Row& row = table_.row(id);
    give_descriptors(*unit, id, plan);
    if (unit->hosted) {
        if (auto failed = prepare_worker(spawn, *unit)) {
            prepared_.reset();
            logs_.discard(run);
            return failed;
        }
    }
    row.stranger = false;
    join_group(id, *unit, plan);
    if (const auto limit = limiter_.stand_in(*unit)) plan.limits.push_back(*limit);
    if (unit->ready && unit->ready->kind == config::ReadyKind::fd) {
        prepare_readiness(*unit, id, run, plan, prepared_->readiness);
    }
    row.cloned_ns = os::boottime_now();
    return std::nullopt;
}

core::SpawnFailed Supervisor::give_up(const core::Spawn& spawn) {
    const auto [id, run] = spawn;
    prepared_.reset();
    logs_.discard(run);
    return spawn_failed(id, run,
                        name_of(id) + ": cannot start: no room is left in " +
                            setting_.runtime_directory + " to write down that it runs",
                        true);
}

std::optional<core::Event> Supervisor::clone(const core::Spawn& spawn) {
    const auto [id, run] = spawn;
    if (ask_template(spawn)) {
        prepared_.reset();
        return std::nullopt;
    }
    const auto pid = os::spawn(prepared_->plan, spawn_slot_->begin(run));
    prepared_.reset();
    if (!pid) {
        if (spawn_slot_->pid() > 0) failed_spawns_.insert(spawn_slot_->pid());
        logs_.discard(run);
        const core::Unit& known = *system_.find(id.unit);
        const config::Unit& unit = *definitions_.find(known.spec->name);
        return spawn_failed(id, run, spawn_sentence(unit, core::number_of(id), pid.error()),
                            os::transient(pid.error()));
    }
    table_.set_pid(*pid, id);
    logs_.open(run, id, *pid);
    if (parks()) hold_pidfd(run, *pid);
    note({.kind = wire::EventKind::spawn, .id = id, .run = run, .pid = *pid});
    return core::Spawned{id, run, *pid};
}

// Its listeners, and what earlier runs left to this one, as systemd's LISTEN_FDS protocol gives it.
void Supervisor::give_descriptors(const config::Unit& unit, core::InstanceId id,
                                  os::SpawnPlan& plan) const {
    constexpr int first = 3;
    const auto stored = fd_store_.of(table_.find(core::in_place(id))->slot);
    const auto listeners = listeners_.of(unit, core::number_of(id));
    if (stored.empty() && listeners.empty()) return;
    std::string names;
    int to = first;
    const auto give = [&](const os::Fd& fd, const std::string& name) {
        plan.descriptors.push_back({fd.get(), to++});
        names += (names.empty() ? "" : ":") + name;
    };
    for (const Listeners::Socket* const each : listeners) give(each->fd, each->name);
    for (const FdStore::Stored& each : stored) give(each.fd, each.name);
    plan.env.push_back("LISTEN_FDS=" + std::to_string(to - first));
    plan.env.push_back("LISTEN_FDNAMES=" + names);
    plan.own_pid.emplace_back("LISTEN_PID");
}

core::SpawnFailed Supervisor::spawn_failed(core::InstanceId id, core::RunId run, std::string error,
                                           bool transient) {
    Note failure{.kind = wire::EventKind::spawn_failed, .id = id, .run = run};
    failure.message = error;
    end_watch(id);
    note(std::move(failure));
    log_.warn(error);
    return {id, run, std::move(error), transient};
}

void Supervisor::prepare_readiness(const config::Unit& unit, core::InstanceId id, core::RunId run,
                                   os::SpawnPlan& plan, os::Fd& writer) {
    int ends[2];
    // Without the pipe the service is started all the same; it is not ready in time then.
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    Extras& extras = table_.row(id).extra();
    extras.readiness = os::Fd{ends[0]};
    extras.readiness_run = run;
    writer = os::Fd{ends[1]};
    plan.descriptors.push_back({writer.get(), unit.ready->fd});
    // With the next supervisor it goes on from there.
    link_.hold("ready." + std::to_string(run), std::array{extras.readiness.get()});
}

}  // namespace superd::supervisor
