#include "tests/sim/supervisor.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration shutdown_timeout = 90s;
constexpr std::size_t messages_at_once = 8;
constexpr std::size_t recent_many = 8;

// Told again it is nothing new.
bool happens_once(const core::Event& event) {
    return std::holds_alternative<core::Exited>(event) ||
           std::holds_alternative<core::TreeEmpty>(event) ||
           std::holds_alternative<core::Spawned>(event) ||
           std::holds_alternative<core::SpawnFailed>(event) ||
           std::holds_alternative<core::BecameReady>(event) ||
           std::holds_alternative<core::ReadyFailed>(event) ||
           std::holds_alternative<core::TimerFired>(event);
}

}  // namespace

Supervisor::Supervisor(Scene& scene, Rng random)
    : scene_{scene},
      machine_{scene.machine},
      random_{random},
      system_{0},
      trees_{machine_, random_()},
      turn_{system_, *this},
      next_hook_{random_()},
      next_checks_{random_()} {
    machine_.client = this;
}

Supervisor::~Supervisor() { machine_.client = nullptr; }

// Between any two calls of the shell.
void Supervisor::tick() {
    if (kill_in_ != 0 && --kill_in_ == 0) throw Killed{};
}

// What the core is about to hear.
void Supervisor::show(const core::Event& event) {
    if (scene_.trace.on()) {
        scene_.trace.say(now(), event, [this](core::InstanceId id) { return scene_.name(id); });
    }
    ++scene_.events;
    scene_.tell([&](Invariant& each) { each.told(event); });
    if (!happens_once(event)) return;
    if (recent_.size() < recent_many) return recent_.push_back(event);
    recent_[next_recent_++ % recent_many] = event;
}

void Supervisor::add(core::Event event) {
    show(event);
    turn_.add(std::move(event));
}

core::Event Supervisor::answer(core::Event event) {
    show(event);
    return event;
}

bool Supervisor::is_present(core::InstanceId id, RunId run) const {
    for (const core::InstanceId place : {core::in_place(id), core::beside(id)}) {
        const core::Instance* const instance = system_.find(place);
        if (instance != nullptr && instance->run == run) return true;
    }
    return false;
}

std::string Supervisor::repeat(Rng random) {
    if (recent_.empty() || turn_.busy() || more_) return {};
    core::Event event = recent_[random.below(recent_.size())];
    const auto name = [this](core::InstanceId id) { return scene_.name(id); };
    // The same once more, or as if it were about an earlier run; unless that one still is.
    const bool earlier = random.percent(50);
    const bool fits = std::visit(
        [&](auto& e) {
            if constexpr (requires { e.run; }) {
                if (!earlier) return true;
                --e.run;
                return !is_present(e.instance, e.run);
            }
            return true;
        },
        event);
    if (!fits) return {};
    const core::Effects effects = system_.step(event, now());
    ++scene_.events;
    if (effects.empty()) return {};
    return "told again, \"" + describe(event, name) + "\" leads to \"" +
           describe(effects.front(), name) + "\"";
}

void Supervisor::happen(core::Event event) {
    add(std::move(event));
    settle();
}

void Supervisor::settle() {
    if (turn_.busy()) return;
    more_ = turn_.settle();
    scene_.tell([](Invariant& each) { each.settled(); });
    if (all_down_) conclude();
}

bool Supervisor::has_work() const {
    return more_ || machine_.keeper.has_news() || !machine_.notices.empty() || !mail_.empty() ||
           trees_.has_work();
}

// In any order, as an event loop has no other. What is started again at once, and ends at once,
// with others that need it, never comes to rest: it goes on in the next step, where chances are
// others.
void Supervisor::work() {
    constexpr std::uint32_t most = 20000;
    const std::uint32_t first = random_.below(4);
    for (std::uint32_t turn = first, idle = 0; idle < 4 && turn < most && !concluded_; ++turn) {
        ++idle;
        const auto next = next_timer();
        switch (turn % 4) {
            case 0:
                if (!machine_.keeper.has_news()) break;
                take_messages();
                settle();
                idle = 0;
                break;
            case 1:
                if (machine_.notices.empty()) break;
                hear_services();
                settle();
                idle = 0;
                break;
            case 2:
                if (!next || *next > now()) break;
                fire_timers();
                idle = 0;
                break;
            default:
                if (mail_.empty() && !more_ && !trees_.has_work()) break;
                open_mail();
                settle();
                idle = 0;
        }
    }
    if (kill_all_at_ != Instant{} && now() >= kill_all_at_) kill_what_is_left();
}

void Supervisor::hear_services() {
    turn_.meanwhile([this] {
        while (!machine_.notices.empty()) {
            const Notice notice = machine_.notices.front();
            heed(notice);
            turn_.commit();
            tick();
            machine_.notices.pop_front();
            scene_.tell([&](Invariant& each) { each.taken(notice); });
        }
    });
}

void Supervisor::take_messages() {
    const auto exits = machine_.keeper.tell(1 + random_.below(messages_at_once));
    if (exits.empty()) return;
    hear_services();
    turn_.take(exits);
}

std::optional<Instant> Supervisor::next_timer() {
    const auto next = timers_.next();
    if (schedule_at_ == Instant{}) return next;
    return next ? std::min(*next, schedule_at_) : schedule_at_;
}

void Supervisor::fire_timers() {
    std::vector<core::TimerFired> fired;
    const Instant moment = now();
    while (const auto due = timers_.take(moment)) fired.push_back(*due);
    hear_services();
    for (const core::TimerFired& each : fired) add(each);
    if (schedule_at_ != Instant{} && schedule_at_ <= moment) {
        schedule_at_ = {};
        add(core::ScheduleDue{});
    }
    settle();
}

void Supervisor::open_mail() {
    for (Message& message : std::exchange(mail_, {})) {
        if (auto* const event = std::get_if<core::Event>(&message)) {
            // How a group stands is read when it is told.
            const auto* const told = std::get_if<core::FreezeTold>(event);
            const bool stale = told != nullptr && told->error.empty() &&
                               told->frozen != machine_.kernel.frozen(told->run);
            if (stale) continue;
            add(std::move(*event));
            settle();
            continue;
        }
        const auto& end = std::get<StrangerEnd>(message);
        const auto watched = std::ranges::find(strangers_, std::pair{end.pid, end.birth});
        if (watched == strangers_.end()) continue;
        strangers_.erase(watched);
        const core::InstanceId owner = stranger(end.pid);
        if (owner.unit == 0) continue;
        const core::Exited exited =
            recorded(owner, end.status.value_or(core::ExitStatus{.unknown = true}));
        publish();
        turn_.go_on(exited);
        settle();
    }
}

// As the supervisor of daemon/supervisor finds it: its number may be another's by now.
core::InstanceId Supervisor::stranger(Pid pid) {
    const core::InstanceId owner = by_pid_[static_cast<std::size_t>(pid)];
    if (owner.unit == 0) return {};
    const auto is_stranger = [&](core::InstanceId id) {
        const core::Instance* const instance = system_.find(id);
        return instance != nullptr && instance->pid == pid && row(id).stranger;
    };
    if (is_stranger(owner)) return owner;
    for (const core::Unit* const unit : system_.units()) {
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const core::InstanceId id{unit->id, index};
            if (is_stranger(id)) return id;
            if (is_stranger(core::beside(id))) return core::beside(id);
        }
    }
    return {};
}

void Supervisor::heed(const Notice& notice) {
    const core::InstanceId id = by_pid_[static_cast<std::size_t>(notice.pid)];
    const core::Instance* const instance = id.unit != 0 ? system_.find(id) : nullptr;
    if (instance == nullptr || !core::alive(*instance)) return;
    const RunId run = instance->run;
    switch (notice.what) {
        case Notice::What::ready:
            if (row(id).watched == run) add(core::BecameReady{id, run});
            add(core::ServiceAnnounced{id, run, core::Announced::nothing});
            return;
        case Notice::What::ping: return add(core::WatchdogTold{id, run, false, {}});
        case Notice::What::hung: return add(core::WatchdogTold{id, run, true, {}});
        case Notice::What::stops:
            return add(core::ServiceAnnounced{id, run, core::Announced::stopping});
        case Notice::What::reloads:
            return add(core::ServiceAnnounced{id, run, core::Announced::reloading});
        case Notice::What::done:
            return add(core::ServiceAnnounced{id, run, core::Announced::nothing});
        case Notice::What::extends: return add(core::TimeoutExtended{id, run, notice.by});
        case Notice::What::main: return change_main(id, notice);
    }
}

void Supervisor::change_main(core::InstanceId id, const Notice& notice) {
    const core::Instance& instance = *system_.find(id);
    const Process* const next = machine_.kernel.find(notice.other);
    const bool lives = next != nullptr && !next->zombie && next->run == instance.run;
    if (!lives || instance.pid == 0 || instance.pid == notice.other) return;
    Row& its = row(id);
    its.cloned_ns = next->started.time_since_epoch().count();
    its.stranger = true;
    by_pid_[static_cast<std::size_t>(instance.pid)] = {};
    by_pid_[static_cast<std::size_t>(notice.other)] = id;
    strangers_.emplace_back(notice.other, next->birth);
    add(core::MainChanged{id, instance.run, notice.other});
}

void Supervisor::command(const Command& command, const core::Event& event) {
    commands_.emplace(command.id, command);
    scene_.tell([&](Invariant& each) { each.commanded(command); });
    happen(event);
}

void Supervisor::reload(std::vector<core::SharedSpec> specs, bool restarts) {
    const auto before = machine_.disk.accepted;
    scene_.tell([](Invariant& each) { each.reloading(); });
    machine_.disk.accepted = specs;
    tick();
    turn_.perform(system_.apply(std::move(specs), now()));
    scene_.tell([](Invariant& each) { each.reloaded(); });
    for (const core::SharedSpec& spec : machine_.disk.accepted) {
        const auto old = std::ranges::find(before, spec->name, &core::UnitSpec::name);
        const bool differs = restarts && old != before.end() && *old != spec;
        const core::Unit* const unit = differs ? system_.find(spec->name) : nullptr;
        if (unit == nullptr || spec->type == core::UnitType::group) continue;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const core::Instance& it = unit->instances[index];
            if (!core::alive(it) || it.goal != core::Goal::up) continue;
            add(core::RestartRequested{{unit->id, index}});
        }
    }
    settle();
}

void Supervisor::shut_down() {
    if (system_.shutting_down()) return;
    limit_shut_down();
    happen(core::ShutdownRequested{});
}

void Supervisor::limit_shut_down() {
    kill_all_at_ = now() + shutdown_timeout;
    scene_.stopping = true;
}

void Supervisor::kill_what_is_left() {
    scene_.say("superd kills what is left");
    for (const core::Unit* const unit : system_.units()) {
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const core::InstanceId id{unit->id, index};
            for (const core::InstanceId place : {id, core::beside(id)}) {
                const core::Instance* const it = system_.find(place);
                if (it == nullptr || !core::alive(*it)) continue;
                trees_.signal(subject(place, it->run), SIGKILL);
            }
        }
    }
    kill_all_at_ = now() + 1s;
    settle();
}

void Supervisor::conclude() {
    // The keeper is told first. What is cleared is of no more use: the next superd begins anew.
    machine_.disk.slots.resize(1);
    ending_.reset();
    write_header();
    concluded_ = true;
}

}  // namespace superd::sim
