// What clients may ask.
#include "supervisor/selectors.hpp"
#include "supervisor/supervisor.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace superd::supervisor {
namespace {

core::Event event_of(Action action, core::InstanceId id, core::CommandId command) {
    switch (action) {
        case Action::start: return core::StartRequested{id, command};
        case Action::stop: return core::StopRequested{id, command};
        case Action::restart: return core::RestartRequested{id, command};
        case Action::reset: return core::ResetRequested{id, command};
        case Action::freeze: return core::FreezeRequested{id, command, true};
        case Action::thaw: return core::FreezeRequested{id, command, false};
    }
    std::unreachable();
}

// A group stands for all that it consists of.
std::vector<Target> without_groups(const core::System& system, const std::vector<Target>& targets) {
    std::vector<Target> units;
    for (const Target& target : targets) {
        const core::Unit* const unit = system.find(target.unit);
        const bool group = unit != nullptr && unit->spec->type == core::UnitType::group;
        if (!group) units.push_back(target);
        for (const core::UnitId leaf :
             group ? system.leaves(unit->id) : std::vector<core::UnitId>{}) {
            units.push_back({system.find(leaf)->spec->name, core::all_instances});
        }
    }
    return units;
}

}  // namespace

Operations::Selected Supervisor::select(const std::vector<std::string>& selectors) const {
    return select_targets(system_, selectors);
}

wire::Status Supervisor::status(const std::vector<Target>& targets, Detail detail) const {
    wire::Status status;
    status.version = SUPERD_VERSION;
    status.keeper = process_status(welcome_.pid, welcome_.since_ns, 0);
    status.supervisor = process_status(::getpid(), welcome_.supervisor_ns, welcome_.code);
    status.logger = process_status(welcome_.logger_pid, welcome_.logger_ns, welcome_.value);
    status.units = view_.units(targets, detail);
    return status;
}

wire::Summary Supervisor::summary(const std::vector<Target>& targets) const {
    return view_.summary(targets);
}

void Supervisor::commanded(const Commanded& command) {
    flush_notes();
    wire::Event event{.kind = wire::EventKind::command, .action = command.action};
    event.uid = command.uid;
    event.user = users_.name(command.uid);
    if (command.signal != 0) event.message = core::signal_name(command.signal);
    if (command.targets.empty()) append(event);
    for (const Target& target : command.targets) {
        event.unit = target.unit;
        event.instance.reset();
        if (target.index != core::all_instances) event.instance = target.index;
        append(event);
    }
    publish();
}

std::uint64_t Supervisor::act(Action action, const std::vector<Target>& asked, Done done) {
    const bool stands = action == Action::freeze || action == Action::thaw;
    const std::vector<Target> targets = stands ? without_groups(system_, asked) : asked;
    core::CommandId command = 0;
    if (action == Action::restart || action == Action::reset) renew_templates(targets);
    const auto id = commands_.begin(targets, std::move(done), command);
    for (const Target& target : targets) {
        const core::Unit* const unit = system_.find(target.unit);
        const core::UnitId unit_id = unit != nullptr ? unit->id : 0;  // 0: the core refuses it.
        turn_.add(event_of(action, {unit_id, target.index}, command++));
    }
    settle();
    return id;
}

std::uint64_t Supervisor::roll(const Rolling& rolling, const std::vector<Target>& targets,
                               Done done) {
    const std::vector<Target> units = without_groups(system_, targets);
    core::CommandId command = 0;
    renew_templates(units);
    const auto id = commands_.begin(units, std::move(done), command);
    for (const Target& target : units) {
        const core::Unit* const unit = system_.find(target.unit);
        const core::UnitId unit_id = unit != nullptr ? unit->id : 0;  // 0: the core refuses it.
        turn_.add(core::RollRequested{{unit_id, target.index}, command++, rolling.batch});
    }
    settle();
    return id;
}

void Supervisor::abandon(std::uint64_t id) {
    commands_.abandon(id);
    survey_.abandon(id);
}

std::uint64_t Supervisor::wait(Until until, const std::vector<Target>& targets, Done done) {
    const auto id = commands_.await(until, targets, std::move(done));
    changed_ = true;  // It may be so already.
    settle();
    return id;
}

std::string Supervisor::signal(const std::vector<Target>& targets, int number, bool tree) {
    std::string problems;
    for (const Target& target : targets) {
        bool sent = false;
        for (const auto id : instances_of(system_, target)) {
            const core::Instance& instance = *system_.find(id);
            const Trees::Subject it = subject(id, instance.run);
            if (!core::alive(instance) || (!it.leader_alive && !tree)) continue;
            sent = true;
            if (tree) {
                trees_->signal(it, number);
            } else if (::kill(it.leader, number) != 0) {
                // Its number is nobody else's: its end is not acknowledged yet.
                problems += (problems.empty() ? "" : "; ") + name_of(id) +
                            ": cannot send signal: " + std::strerror(errno);
            }
        }
        if (!sent) problems += (problems.empty() ? "" : "; ") + target.unit + ": not running";
    }
    settle();
    return problems;
}

std::string Supervisor::events_since(std::int64_t since_ns,
                                     const std::vector<Target>& targets) const {
    // All units: what is about superd itself or about units that are gone, too.
    std::size_t whole = 0;
    for (const Target& target : targets) whole += target.index == core::all_instances ? 1 : 0;
    const bool everything = whole == system_.size();
    return journal_->since(since_ns, [&](const wire::Event& event) {
        if (everything) return true;
        return std::ranges::any_of(targets, [&](const Target& target) {
            return target.unit == event.unit &&
                   (target.index == core::all_instances || target.index == event.instance);
        });
    });
}

std::uint64_t Supervisor::subscribe(EventSink sink) {
    publish();  // What was before is not for it.
    sinks_.emplace(next_sink_, std::move(sink));
    return next_sink_++;
}

void Supervisor::unsubscribe(std::uint64_t id) { sinks_.erase(id); }

std::string Supervisor::serve_logs(const LogQuery& query, os::Fd client) {
    logger::Serve serve;
    serve.lines = query.lines;
    serve.follow = query.follow;
    serve.json = query.json;
    serve.stream = query.stream;
    serve.since_ns = query.since_ns;
    for (const Target& target : query.targets) {
        for (const auto id : instances_of(system_, target)) {
            serve.sources.push_back({target.unit, core::number_of(id)});
        }
    }
    const auto sources = serve.sources.size();
    if (!logger_.send(std::move(serve), std::move(client))) {
        return "cannot ask for the logs of " + std::to_string(sources) +
               " instances at once; name fewer";
    }
    logger_.flush();
    return {};
}

bool Supervisor::may_read(uid_t uid, gid_t gid) const {
    return may_change(uid) || readers_.contains(uid, gid);
}

bool Supervisor::may_change(uid_t uid) const { return uid == 0 || uid == ::getuid(); }

}  // namespace superd::supervisor
