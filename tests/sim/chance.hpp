// What the simulation invents from its seed: chances, units, and what it keeps
// of an instance when the supervisor dies.
#pragma once

#include "core/system.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace superd::core {

struct Process {
    InstanceId instance;
    std::int32_t pid = 0;
    bool leader = true;  // Has not ended yet.
    bool child = false;  // Something of its tree outlives the leader.
    bool deaf = false;   // Ignores all but SIGKILL.
    bool told = true;    // The end of the leader has been told to the core and recorded.
    bool swept = false;  // Somebody waits to hear that the tree is gone.
    ExitStatus status;
};

class Chance {
public:
    explicit Chance(std::uint64_t seed) : random_{seed} {}

    std::uint64_t operator()() { return random_(); }
    bool chance(std::uint64_t percent) { return random_() % 100 < percent; }
    Duration within(Duration most) {
        return Duration{
            static_cast<Duration::rep>(random_() % static_cast<std::uint64_t>(most.count()))};
    }

    ExitStatus exit() {
        if (chance(40)) return {.code = static_cast<std::int32_t>(random_() % 3)};
        if (chance(50)) return {.signal = SIGSEGV};
        return {.unknown = true};
    }

    std::vector<UnitSpec> units() {
        using namespace std::chrono_literals;
        std::vector<UnitSpec> specs;
        grouped_.clear();
        lowest_.clear();
        const auto count = 1 + random_() % 8;
        for (std::uint64_t i = 0; i < count; ++i) {
            UnitSpec s;
            s.name = "u" + std::to_string(i);
            s.type = chance(15) ? UnitType::oneshot : UnitType::service;
            s.autostart = chance(80);
            s.awaits_ready = s.type == UnitType::service && chance(50);
            s.instances = chance(20) ? 3 : 1;
            s.ready_timeout = 5s;
            s.restart.policy = static_cast<RestartPolicy>(random_() % 3);
            s.restart.on_limit = static_cast<OnLimit>(random_() % 3);
            s.restart.limit = chance(50) ? 3 : 0;
            s.restart.window = 30s;
            s.stop = {{SIGTERM, 3s}, {SIGKILL, 1s}};
            if (s.type == UnitType::oneshot && chance(60)) s.timer = timer();
            if (chance(30)) s.watchdog = {.every = 4s, .signal = SIGABRT};
            for (std::uint64_t n = random_() % 3; n > 0; --n) s.checks.push_back(check(n));
            for (std::size_t d = 0; d < specs.size(); ++d) {
                if (!chance(25)) continue;
                const bool oneshot = specs[d].type == UnitType::oneshot;
                const auto when = static_cast<When>(random_() % (oneshot ? 3 : 2));
                s.dependencies.push_back(
                    {specs[d].name, static_cast<DependencyKind>(random_() % 3), when});
            }
            specs.push_back(std::move(s));
            if (chance(25)) add_group(specs);
        }
        return specs;
    }

    Event wish(InstanceId id, CommandId number) {
        switch (random_() % 4) {
            case 0: return StartRequested{id, number};
            case 1: return StopRequested{id, number};
            case 2: return RestartRequested{id, number};
            default: return ResetRequested{id, number};
        }
    }

    // Something that a service says of itself.
    Event word(InstanceId instance, RunId run) {
        using namespace std::chrono_literals;
        if (chance(20))
            return MainChanged{instance, run, 1 + static_cast<std::int32_t>(random_() % 99)};
        if (chance(50)) return TimeoutExtended{instance, run, within(20s)};
        return ServiceAnnounced{instance, run, static_cast<Announced>(random_() % 3)};
    }

private:
    std::shared_ptr<const TimerRule> timer() {
        using namespace std::chrono_literals;
        TimerRule rule;
        rule.every = chance(80) ? 500ms + within(20s) : Duration{0};
        if (rule.every.count() == 0) {
            rule.at = {{.kind = CalendarRule::Kind::hourly}};
            for (std::int32_t second = 10; second < 3600; second += 10) {
                rule.at.push_back({.kind = CalendarRule::Kind::hourly, .second = second});
            }
        }
        rule.jitter = chance(30) ? 400ms : 0ms;
        rule.catch_up = chance(50);
        rule.on_start = chance(30);
        rule.overlap = static_cast<Overlap>(random_() % 3);
        return std::make_shared<TimerRule>(std::move(rule));
    }

    CheckSpec check(std::uint64_t number) {
        using namespace std::chrono_literals;
        CheckSpec c;
        c.name = "c" + std::to_string(number);
        c.failures = 1 + static_cast<std::uint32_t>(random_() % 3);
        c.successes = 1 + static_cast<std::uint32_t>(random_() % 2);
        c.start_timeout = chance(50) ? 0s : 3s;
        c.on_failure = static_cast<OnFailure>(random_() % 4);
        return c;
    }

    // Of units that are in no group yet, after all of them: so nothing waits in a circle.
    void add_group(std::vector<UnitSpec>& specs) {
        using namespace std::chrono_literals;
        auto rule = std::make_shared<GroupRule>();
        std::size_t first = specs.size();
        for (std::size_t i = 0; i < specs.size(); ++i) {
            if (grouped_.contains(specs[i].name) || !chance(60)) continue;
            first = std::min(first, lowest_.contains(specs[i].name) ? lowest_[specs[i].name] : i);
            rule->members.push_back(specs[i].name);
        }
        if (rule->members.empty()) return;
        for (const auto& name : rule->members) grouped_.insert(name);
        if (chance(20)) rule->significant = {rule->members.front()};
        // An order that goes across groups may contradict what their members wait for.
        const bool nested = std::ranges::any_of(
            rule->members, [&](const std::string& name) { return lowest_.contains(name); });
        rule->strategy = static_cast<Strategy>(random_() % (nested ? 2 : 3));
        rule->limit = chance(50) ? 4 : 0;
        rule->window = 20s;
        UnitSpec group;
        group.name = "g" + std::to_string(specs.size());
        group.type = UnitType::group;
        group.autostart = chance(80);
        group.stop = {{SIGTERM, 3s}, {SIGKILL, 1s}};
        group.group = std::move(rule);
        for (std::size_t d = 0; d < first; ++d) {
            const bool another = specs[d].type == UnitType::group;
            if (another || !chance(25)) continue;
            group.dependencies.push_back(
                {specs[d].name, static_cast<DependencyKind>(random_() % 3), When::ready});
        }
        lowest_[group.name] = first;
        specs.push_back(std::move(group));
    }

    std::set<std::string> grouped_;
    std::map<std::string, std::size_t> lowest_;  // Of a group's members, at any depth.
    std::mt19937_64 random_;
};

inline Instance copy(const Instance& i) {
    Instance c;
    c.goal = i.goal, c.state = i.state, c.reason = i.reason, c.stop_step = i.stop_step;
    c.leader_gone = i.leader_gone, c.restart_requested = i.restart_requested;
    c.run_failed = i.run_failed, c.limited = i.limited, c.removed = i.removed, c.run = i.run,
    c.pid = i.pid, c.announced = i.announced;
    c.attempt = i.attempt, c.restarts = i.restarts, c.since = i.since, c.started = i.started;
    c.ready_at = i.ready_at, c.due = i.due, c.restarts_at = i.restarts_at;
    if (i.health) {
        c.health = std::make_unique<Health>();
        for (const CheckState& check : i.health->checks) {
            c.health->checks.push_back({.failing = check.failing});
        }
    }
    if (i.schedule) c.schedule = std::make_unique<Schedule>(*i.schedule);
    if (i.last_exit) c.last_exit = std::make_unique<LastExit>(*i.last_exit);
    return c;
}

// What the records have by now.
inline std::vector<Restored> recorded(const System& system) {
    std::vector<Restored> kept;
    for (const Unit* unit : system.units()) {
        for (std::uint32_t i = 0; i < unit->instances.size(); ++i) {
            if (unit->removed) continue;
            kept.push_back({unit->spec->name, i, copy(unit->instances[i])});
        }
    }
    return kept;
}

// Of earlier runs and timers, and of checks and runs that are not.
inline std::vector<Event> stale_events(const System& system,
                                       const std::map<RunId, Process>& processes) {
    using namespace std::chrono_literals;
    std::vector<Event> events;
    for (const Unit* unit : system.units()) {
        for (std::uint32_t i = 0; i < unit->instances.size(); ++i) {
            const InstanceId id{unit->id, i};
            const RunId run = unit->instances[i].run;
            if (run == 0) continue;
            events.emplace_back(Exited{id, run - 1, {.code = 9}});
            events.emplace_back(BecameReady{id, run - 1});
            events.emplace_back(CheckFailed{id, run - 1, 0, "stale"});
            events.emplace_back(CheckFailed{id, run, 99, "no such check"});
            events.emplace_back(WatchdogTold{id, run - 1, true, 1ms});
            events.emplace_back(Spawned{id, run - 1, 1});
            events.emplace_back(TimerFired{id, unit->instances[i].timer - 1});
            if (!processes.contains(run)) events.emplace_back(ReadyFailed{id, run});
        }
    }
    return events;
}

// For messages: every unit, its instances and edges, a line each.
inline std::string picture(const System& system, Instant now) {
    std::string text;
    for (const Unit* unit : system.units()) {
        text += unit->spec->name + ":";
        for (std::uint32_t i = 0; i < unit->instances.size(); ++i) {
            const Instance& each = unit->instances[i];
            text += " [" + std::string{to_string(each.state)} + " goal " +
                    std::string{to_string(each.goal)} + ", " + system.describe({unit->id, i}, now) +
                    "]";
        }
        for (const Edge& edge : unit->edges) {
            text += " ->" + system.find(edge.unit)->spec->name + "/" +
                    std::to_string(static_cast<int>(edge.kind)) +
                    std::to_string(static_cast<int>(edge.when));
        }
        for (const UnitId member : unit->members) text += " has " + system.find(member)->spec->name;
        text += "\n";
    }
    return text;
}

}  // namespace superd::core
