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

// Whether a run that lives, in place or beside, may have it.
bool lives_on(const core::Unit& unit, const Listeners::Socket& socket) {
    const auto has = [&](std::uint32_t number, const core::Instance& instance) {
        const bool its = socket.index == Listeners::shared || socket.index == number;
        return its && core::alive(instance) && socket.may_have(instance.run);
    };
    for (std::uint32_t number = 0; number < unit.instances.size(); ++number) {
        if (has(number, unit.instances[number])) return true;
    }
    return std::ranges::any_of(unit.beside,
                               [&](const auto& each) { return has(each.first, each.second); });
}

void close_unnamed(Listeners& listeners, const config::Unit& defined, const core::Unit& unit) {
    listeners.close_unnamed(
        defined, [&](const Listeners::Socket& socket) { return lives_on(unit, socket); });
}

// To those that serve, by the socket that they have: beside them another run may have another.
void steer(Listeners& listeners, const core::Unit& unit) {
    const auto takes = core::takes_connections(unit);
    listeners.steer(unit.spec->name, [&](const Listeners::Socket& socket) {
        return socket.index < takes.size() && takes[socket.index] &&
               socket.may_have(unit.instances[socket.index].run);
    });
}

// A template has passed it its sockets under any numbers: they are known by their addresses.
void restore_forked(Listeners& listeners, const config::Unit& unit, const Listeners::Taker& taker,
                    pid_t pid, const os::Fd& pidfd) {
    for (const int number : os::descriptors_of(pid)) {
        for (const config::Listener& listener : unit.listeners) {
            auto fd = os::pidfd_getfd(pidfd, number);
            if (fd && listeners.restore(unit, taker, listener.name, std::move(*fd))) break;
        }
    }
}

}  // namespace

std::optional<core::SpawnFailed> Supervisor::open_listeners(const core::Spawn& spawn,
                                                            const config::Unit& unit) {
    if (unit.listeners.empty() && listeners_.empty()) return std::nullopt;
    auto failure = open_for(spawn, unit);
    if (!failure) return std::nullopt;
    return spawn_failed(spawn.instance, spawn.run, std::move(failure->text), failure->transient);
}

std::optional<Listeners::Failure> Supervisor::open_for(const core::Spawn& spawn,
                                                       const config::Unit& unit) {
    const core::InstanceId id = spawn.instance;
    const auto ours = [this](pid_t pid) {
        const auto mark = os::process_environment(pid, "SUPERD_RUN");
        return mark && mark->ends_with("@" + scope_);
    };
    const core::Unit* const known = system_.find(id.unit);
    // What nobody lives on is not to be in the way of what comes in its stead.
    if (known != nullptr) close_unnamed(listeners_, unit, *known);
    auto failure = listeners_.open(unit, {core::number_of(id), spawn.run, name_of(id)}, ours);
    if (known != nullptr) steer(listeners_, *known);
    return failure;
}

// It sleeps: whoever connects wakes it.
void Supervisor::await_demand(core::InstanceId id) {
    const core::Unit* const known = system_.find(id.unit);
    const config::Unit* const unit =
        known != nullptr ? definitions_.find(known->spec->name) : nullptr;
    if (unit == nullptr) return;
    if (auto failure = open_for({id, 0}, *unit)) {
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
    if (unit == nullptr) return;
    if (const config::Unit* const defined = definitions_.find(name)) {
        close_unnamed(listeners_, *defined, *unit);
    }
    steer(listeners_, *unit);
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
    const Listeners::Taker taker{core::number_of(id), system_.find(id)->run, {}};
    if (!names) return restore_forked(listeners_, *unit, taker, pid, pidfd);
    int number = first;
    for (std::string_view rest = *names; !rest.empty(); ++number) {
        const auto end = std::min(rest.find(':'), rest.size());
        auto fd = os::pidfd_getfd(pidfd, number);
        if (fd) {
            const std::string name{rest.substr(0, end)};
            listeners_.restore(*unit, taker, name, std::move(*fd));
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
