// A shell for tests of the core: carries out effects on imagined processes, at
// a time that the test moves, and keeps what was asked of it.
#pragma once

#include "core/system.hpp"
#include "tests/unit/core/share.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace superd::core {

using namespace std::chrono_literals;

inline UnitSpec spec(std::string name) {
    UnitSpec made;
    made.name = std::move(name);
    made.restart.jitter = 0;
    made.stop = {{SIGTERM, 10s}, {SIGKILL, 2s}};
    return made;
}

inline UnitSpec needing(std::string name, std::string dependency,
                        DependencyKind kind = DependencyKind::needs, When when = When::ready) {
    auto made = spec(std::move(name));
    made.dependencies.push_back({std::move(dependency), kind, when});
    return made;
}

class World {
public:
    World() = default;
    explicit World(std::vector<UnitSpec> specs) { apply(std::move(specs)); }

    const Unit& unit(std::string_view name) const { return *system.find(name); }
    const Instance& at(std::string_view name, std::uint32_t index = 0) const {
        return unit(name).instances.at(index);
    }
    InstanceId id(std::string_view name, std::uint32_t index = 0) const {
        return {unit(name).id, index};
    }
    InstanceId all(std::string_view name) const { return {unit(name).id, all_instances}; }
    State state(std::string_view name, std::uint32_t index = 0) const {
        return at(name, index).state;
    }
    std::string why(std::string_view name, std::uint32_t index = 0) const {
        return system.describe(id(name, index), now);
    }

    // As the real shell does: what effects raise is handled after them, in order.
    void happen(const Event& event) {
        events_.push_back(event);
        if (!handling_) settle();
    }
    void apply(std::vector<UnitSpec> specs) {
        handling_ = true;
        take(system.apply(share(std::move(specs)), now));
        handling_ = false;
        settle();
    }
    void adopt(std::vector<UnitSpec> specs, std::vector<Restored> restored) {
        handling_ = true;
        take(system.adopt(share(std::move(specs)), std::move(restored), now));
        handling_ = false;
        settle();
    }
    void ready(std::string_view name, std::uint32_t index = 0) {
        happen(BecameReady{id(name, index), at(name, index).run});
    }
    // The instance's other run, while it is being replaced; null if there is none.
    const Instance* second(std::string_view name, std::uint32_t index = 0) const {
        return system.find(beside(id(name, index)));
    }
    void second_ready(std::string_view name, std::uint32_t index = 0) {
        happen(BecameReady{beside(id(name, index)), second(name, index)->run});
    }
    // The main process ends; its tree is empty then, unless `leaves` is set.
    void exit(std::string_view name, ExitStatus status, std::uint32_t index = 0) {
        const RunId run = at(name, index).run;
        processes.erase(run);
        happen(Exited{id(name, index), run, status});
    }
    // A hook that runs ends.
    void end_hook(Hook hook, bool ok = true, std::string text = "ended with exit 0") {
        const auto found = std::ranges::find(running, hook, &RunHook::hook);
        ASSERT_NE(found, running.end()) << to_string(hook) << " does not run";
        const RunHook ended = *found;
        running.erase(found);
        happen(HookEnded{ended.instance, ended.run, ended.hook, ok, std::move(text)});
    }
    bool runs(Hook hook) const {
        return std::ranges::find(running, hook, &RunHook::hook) != running.end();
    }
    // Lets time pass and fires what falls due, in order.
    void pass(Duration duration) {
        const Instant until = now + duration;
        for (;;) {
            auto next = timers.end();
            for (auto t = timers.begin(); t != timers.end(); ++t) {
                if (t->second.at > until) continue;
                if (next == timers.end() || t->second.at < next->second.at) next = t;
            }
            const bool armed = schedule != Instant{} && schedule <= until;
            if (armed && (next == timers.end() || schedule <= next->second.at)) {
                now = std::max(now, schedule);
                schedule = Instant{};
                happen(ScheduleDue{});
                continue;
            }
            if (next == timers.end()) break;
            const ArmTimer timer = next->second;
            now = std::max(now, timer.at);
            timers.erase(next);
            happen(TimerFired{timer.instance, timer.timer});
        }
        now = until;
    }

    template <class T>
    std::vector<T> seen() const {
        std::vector<T> found;
        for (const auto& effect : log) {
            if (const auto* e = std::get_if<T>(&effect)) found.push_back(*e);
        }
        return found;
    }
    // How the command was answered; fails the test if it was not, or twice.
    Outcome answer(CommandId command) const {
        std::vector<Outcome> found;
        for (const auto& a : seen<Answer>()) {
            if (a.command == command) found.push_back(a.outcome);
        }
        EXPECT_EQ(found.size(), 1u) << "answers to command " << command;
        return found.empty() ? Outcome::superseded : found.front();
    }
    std::string answer_text(CommandId command) const {
        for (const auto& a : seen<Answer>()) {
            if (a.command == command) return a.text;
        }
        return {};
    }
    bool answered(CommandId command) const {
        for (const auto& a : seen<Answer>()) {
            if (a.command == command) return true;
        }
        return false;
    }

    System system{42};
    Instant now{100s};
    Effects log;
    std::map<RunId, InstanceId> processes;  // That live.
    std::map<std::pair<UnitId, std::uint32_t>, ArmTimer> timers;
    Instant schedule{};            // When ScheduleDue is wanted; epoch: never.
    std::vector<RunHook> running;  // Hooks, until the test ends them.
    bool spawns = true;            // False: Spawn goes unanswered.
    bool obeys = true;             // SIGTERM ends a process; else only SIGKILL does.
    bool trees_end = true;         // A tree ends with its leader.
    std::string spawn_error;
    std::int32_t next_pid = 1000;

private:
    void settle() {
        handling_ = true;
        while (!events_.empty()) {
            const Event next = events_.front();
            events_.pop_front();
            take(system.step(next, now));
        }
        handling_ = false;
    }
    void take(Effects effects) {
        for (auto& effect : effects) {
            log.push_back(effect);
            carry_out(effect);
        }
    }
    void carry_out(const Effect& effect) {
        if (const auto* e = std::get_if<Spawn>(&effect)) {
            if (!spawn_error.empty()) return happen(SpawnFailed{e->instance, e->run, spawn_error});
            if (!spawns) return;
            for (const auto& [run, instance] : processes) EXPECT_FALSE(instance == e->instance);
            processes.emplace(e->run, e->instance);
            happen(Spawned{e->instance, e->run, next_pid++});
        } else if (const auto* s = std::get_if<Signal>(&effect)) {
            if (s->number != SIGKILL && !obeys) return;
            if (s->number == SIGKILL) trees_end = true;
            if (processes.erase(s->run) != 0) {
                happen(Exited{s->instance, s->run, {.signal = s->number}});
            }
        } else if (const auto* w = std::get_if<Sweep>(&effect)) {
            if (trees_end)
                happen(TreeEmpty{w->instance, w->run});
            else
                happen(TreeLeft{w->instance, w->run});
        } else if (const auto* h = std::get_if<RunHook>(&effect)) {
            for (const auto& each : running) EXPECT_FALSE(each.instance == h->instance);
            running.push_back(*h);
        } else if (const auto* c = std::get_if<CancelHook>(&effect)) {
            EXPECT_EQ(std::erase_if(running,
                                    [&](const RunHook& each) {
                                        return each.run == c->run && each.hook == c->hook;
                                    }),
                      1u)
                << "a hook was cancelled that did not run";
        } else if (const auto* a = std::get_if<ArmTimer>(&effect)) {
            timers[{a->instance.unit, a->instance.index}] = *a;
        } else if (const auto* d = std::get_if<DisarmTimer>(&effect)) {
            timers.erase({d->instance.unit, d->instance.index});
        } else if (const auto* x = std::get_if<Swapped>(&effect)) {
            for (auto& [run, instance] : processes) {
                if (instance == x->instance)
                    instance = beside(instance);
                else if (instance == beside(x->instance))
                    instance = x->instance;
            }
        } else if (const auto* scheduled = std::get_if<ArmSchedule>(&effect)) {
            schedule = scheduled->at;
        }
    }

    std::deque<Event> events_;
    bool handling_ = false;
};

}  // namespace superd::core
