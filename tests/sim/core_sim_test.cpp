// The real core against a kernel that lies: processes that crash, hang, ignore
// SIGTERM, leave children behind, report ready late or from an earlier run;
// forks that fail; operators and reloads at any moment; a supervisor that is
// killed between any two effects and restarted from what it had recorded. All
// of it from one seed, so each failure replays: SUPERD_SIM_SEED=n runs that one.
#include "chance.hpp"
#include "core/system.hpp"
#include "invariants.hpp"
#include "tests/unit/core/share.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace superd::core {
namespace {

using namespace std::chrono_literals;

class Simulation {
public:
    explicit Simulation(std::uint64_t seed)
        : random_{seed}, system_{std::make_unique<System>(seed)} {
        specs_ = random_.units();
        tell_clock();
        drain();
        take(system_->apply(share(specs_), now_));
        drain();
    }

    void step() {
        const auto choice = random_() % 100;
        if (choice < 45)
            pass_time();
        else if (choice < 60)
            end_some_process();
        else if (choice < 70)
            report_ready();
        else if (choice < 80)
            command();
        else if (choice < 83)
            reload();
        else if (choice < 88)
            kill_supervisor();
        else if (choice < 92)
            end_some_child();
        else if (choice < 95)
            report_health();
        else if (choice < 96)
            set_clock();
        else
            for (const Event& event : stale_events(*system_, processes_)) feed(event);
        drain();
        check();
    }

    // No more faults: whatever is wanted and can run must come to run.
    void heal() {
        faults_ = false;
        for (const Unit* unit : system_->units()) feed(ScheduleRequested{unit->id, false});
        for (int i = 0; i < 4000; ++i) {
            for (auto& [run, p] : processes_) p.deaf = false;
            end_all_children();
            report_ready();
            report_health();
            pass_time();
            drain();
            check();
            if (::testing::Test::HasFatalFailure()) return;
        }
        for (const Unit* unit : system_->units()) {
            for (const Instance& i : unit->instances) {
                ASSERT_TRUE(settled(*system_, *unit, i))
                    << unit->spec->name << " is " << to_string(i.state) << "\n"
                    << picture(*system_, now_);
            }
        }
    }

    void shut_down() {
        feed(ShutdownRequested{});
        for (int i = 0; i < 2000 && !all_down_; ++i) {
            end_all_children();
            pass_time();
            drain();
            check();
        }
        ASSERT_TRUE(all_down_) << picture(*system_, now_);
        ASSERT_TRUE(processes_.empty());
    }

    std::uint64_t events() const { return events_; }

private:
    void feed(const Event& event) { queue_.push_back(event); }

    void drain() {
        while (!queue_.empty()) {
            const Event event = queue_.front();
            queue_.pop_front();
            ++events_;
            take(system_->step(event, now_));
        }
    }

    void take(Effects effects) {
        for (const auto& effect : effects) carry_out(effect);
    }

    void carry_out(const Effect& effect) {
        if (const auto* e = std::get_if<Spawn>(&effect)) return spawn(*e);
        if (const auto* s = std::get_if<Signal>(&effect)) return signal(*s);
        if (const auto* w = std::get_if<Sweep>(&effect)) return sweep(w->run);
        if (const auto* a = std::get_if<ArmTimer>(&effect)) {
            timers_[{a->instance.unit, a->instance.index}] = *a;
        } else if (const auto* d = std::get_if<DisarmTimer>(&effect)) {
            timers_.erase({d->instance.unit, d->instance.index});
        } else if (const auto* scheduled = std::get_if<ArmSchedule>(&effect)) {
            schedule_ = scheduled->at;
        } else if (const auto* begun = std::get_if<StartChecks>(&effect)) {
            checked_.insert(begun->run);
        } else if (const auto* ended = std::get_if<StopChecks>(&effect)) {
            ASSERT_EQ(checked_.erase(ended->run), 1u) << "checks ended that never began";
        } else if (std::holds_alternative<AllDown>(effect)) {
            ASSERT_FALSE(all_down_) << "told twice";
            all_down_ = true;
        } else if (const auto* answer = std::get_if<Answer>(&effect)) {
            ASSERT_EQ(open_commands_.erase(answer->command), 1u) << "answered once, and asked";
        }
    }

    void spawn(const Spawn& e) {
        ASSERT_TRUE(runs_.insert(e.run).second) << "a run number was used twice";
        for (const auto& [run, p] : processes_) {
            ASSERT_FALSE(p.instance == e.instance) << "two processes of one instance";
        }
        const Instance* const i = system_->find(e.instance);
        ASSERT_NE(i, nullptr);
        ASSERT_EQ(i->goal, Goal::up) << "started against the goal";
        if (faults_ && random_.chance(5))
            return feed(SpawnFailed{e.instance, e.run, "no", random_.chance(50)});
        Process p;
        p.instance = e.instance;
        p.pid = ++last_pid_;
        p.deaf = faults_ && random_.chance(15);
        p.child = faults_ && random_.chance(15);
        processes_.emplace(e.run, p);
        feed(Spawned{e.instance, e.run, p.pid});
    }

    void signal(const Signal& s) {
        const auto found = processes_.find(s.run);
        if (found == processes_.end()) return;
        Process& p = found->second;
        if (p.deaf && s.number != SIGKILL) return;
        if (s.number == SIGKILL) p.child = false;
        if (p.leader)
            end_leader(s.run, {.signal = s.number});
        else if (!p.child)
            end_child(s.run);
    }

    void sweep(RunId run) {
        const auto found = processes_.find(run);
        if (found == processes_.end()) return;
        ASSERT_FALSE(found->second.leader) << "swept while its leader lives";
        if (!found->second.child) {
            const InstanceId instance = found->second.instance;
            processes_.erase(found);
            return feed(TreeEmpty{instance, run});
        }
        found->second.swept = true;
        feed(TreeLeft{found->second.instance, run});
    }

    void end_leader(RunId run, ExitStatus status) {
        Process& p = processes_.at(run);
        p.leader = false;
        p.status = status;
        feed(Exited{p.instance, run, status});
    }

    void end_child(RunId run) {
        Process& p = processes_.at(run);
        p.child = false;
        if (p.swept) sweep(run);
    }

    template <class Pick>
    std::optional<RunId> some(Pick&& pick) {
        std::vector<RunId> found;
        for (const auto& [run, p] : processes_) {
            if (pick(p)) found.push_back(run);
        }
        if (found.empty()) return std::nullopt;
        return found[random_() % found.size()];
    }

    void end_some_process() {
        const auto run = some([](const Process& p) { return p.leader; });
        if (!run) return;
        end_leader(*run, random_.exit());
    }

    void end_all_children() {
        const auto orphaned = [](const Process& p) { return !p.leader && p.child; };
        while (const auto run = some(orphaned)) end_child(*run);
    }

    void end_some_child() {
        const auto run = some([](const Process& p) { return !p.leader && p.child; });
        if (run) end_child(*run);
    }

    void report_ready() {
        for (const auto& [run, p] : processes_) {
            if (p.leader && (!faults_ || random_.chance(40))) feed(BecameReady{p.instance, run});
            if (!p.leader || system_->find(p.instance) == nullptr || faults_) continue;
            const Unit* const unit = system_->find(p.instance.unit);
            if (unit->spec->type == UnitType::oneshot) {
                end_leader(run, {});
                return;
            }
        }
    }

    // What checks and watchdogs tell: at random, and all well once faults have stopped.
    void report_health() {
        for (const auto& [run, p] : processes_) {
            const Unit* const unit = system_->find(p.instance.unit);
            if (!p.leader || unit == nullptr) continue;
            const bool hung = faults_ && random_.chance(5);
            if (faults_ && random_.chance(20)) feed(random_.word(p.instance, run));
            if (!faults_ || random_.chance(60)) feed(WatchdogTold{p.instance, run, hung, {}});
            for (std::uint32_t c = 0; c < unit->spec->checks.size(); ++c) {
                if (faults_ && random_.chance(30)) continue;
                if (faults_ && random_.chance(60))
                    feed(CheckFailed{p.instance, run, c, "refused"});
                else
                    feed(CheckPassed{p.instance, run, c});
            }
        }
    }

    void command() {
        const auto units = system_->units();
        if (units.empty()) return;
        const Unit& unit = *units[random_() % units.size()];
        const std::uint32_t index = random_.chance(70) ? all_instances : 0;
        const InstanceId id{unit.id, index};
        const CommandId number = ++last_command_;
        open_commands_.insert(number);
        feed(random_.wish(id, number));
    }

    void reload() {
        auto next = random_.units();
        if (random_.chance(50)) next = specs_;
        // A change of these needs a restart: the configuration holds it back.
        for (auto& spec : next) {
            for (const auto& before : specs_) {
                if (before.name != spec.name) continue;
                spec.type = before.type;
                spec.awaits_ready = before.awaits_ready;
            }
        }
        specs_ = next;
        take(system_->apply(share(std::move(next)), now_));
    }

    // What is recorded is the state of each instance; everything else is lost.
    void kill_supervisor() {
        std::vector<Restored> kept = recorded(*system_);
        for (const Unit* unit : system_->units()) {
            if (unit->removed) return;  // Its specification is still needed: not modelled here.
        }
        queue_.clear();
        checked_.clear();
        timers_.clear();
        schedule_ = Instant{};
        open_commands_.clear();
        std::map<UnitId, std::string> names;
        for (const Unit* unit : system_->units()) names[unit->id] = unit->spec->name;
        auto next = std::make_unique<System>(random_(), system_->next_run());
        next->step(ClockTold{now_, wall(), std::make_shared<Zone>()}, now_);
        const auto effects = next->adopt(share(specs_), std::move(kept), now_);
        system_ = std::move(next);
        for (auto& [run, p] : processes_) {
            p.instance.unit = system_->find(names.at(p.instance.unit))->id;
            p.swept = false;
        }
        take(effects);
    }

    std::int64_t wall() const { return (now_ + ahead_).time_since_epoch().count(); }
    void tell_clock() { feed(ClockTold{now_, wall(), std::make_shared<Zone>()}); }

    // Somebody sets the wall clock, by an hour at most; or suspends a timer, or has it go on.
    void set_clock() {
        ahead_ += random_.within(2h) - 1h;
        tell_clock();
        const auto units = system_->units();
        if (units.empty()) return;
        feed(ScheduleRequested{units[random_() % units.size()]->id, random_.chance(70)});
    }

    void pass_time() {
        auto next = timers_.end();
        for (auto t = timers_.begin(); t != timers_.end(); ++t) {
            if (next == timers_.end() || t->second.at < next->second.at) next = t;
        }
        const Instant until = now_ + random_.within(2s) + 1ms;
        const bool due = schedule_ != Instant{} && schedule_ <= until;
        if (due && (next == timers_.end() || schedule_ <= next->second.at)) {
            now_ = std::max(now_, schedule_);
            schedule_ = Instant{};
            return feed(ScheduleDue{});
        }
        if (next == timers_.end() || next->second.at > until) {
            now_ = until;
            return;
        }
        now_ = std::max(now_, next->second.at);
        const ArmTimer timer = next->second;
        timers_.erase(next);
        feed(TimerFired{timer.instance, timer.timer});
    }

    void check() {
        std::size_t living = 0;
        for (const Unit* unit : system_->units()) {
            for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
                const Instance& i = unit->instances[index];
                if (unit->spec->type == UnitType::group) {
                    check_group(*system_, *unit);
                    continue;
                }
                living += alive(i) ? 1u : 0u;
                check_instance(*unit, i,
                               {.process = processes_.contains(i.run),
                                .timer = timers_.contains({unit->id, index}),
                                .checks = checked_.contains(i.run)});
                if (::testing::Test::HasFatalFailure()) return;
                check_schedule(*system_, *unit, i, now_, schedule_);
                if (::testing::Test::HasFatalFailure()) return;
            }
        }
        ASSERT_EQ(living, processes_.size()) << "a process outlived its instance";
    }

    Chance random_;
    std::unique_ptr<System> system_;
    std::vector<UnitSpec> specs_;
    Instant now_{1000s};
    Duration ahead_{500'000h};  // The wall clock, of the monotonic one.
    Instant schedule_{};        // When ScheduleDue is wanted.
    std::deque<Event> queue_;
    std::map<RunId, Process> processes_;
    std::map<std::pair<UnitId, std::uint32_t>, ArmTimer> timers_;
    std::set<RunId> runs_;
    std::set<RunId> checked_;  // Whose checks are under way.
    std::set<CommandId> open_commands_;
    CommandId last_command_ = 0;
    std::int32_t last_pid_ = 1;
    std::uint64_t events_ = 0;
    bool faults_ = true;
    bool all_down_ = false;
};

TEST(CoreSimulation, InvariantsHoldWhateverTheKernelDoes) {
    std::uint64_t first = 1, last = 3000, events = 0;
    if (const char* seed = std::getenv("SUPERD_SIM_SEED"))
        first = last = std::strtoull(seed, nullptr, 10);
    if (const char* seeds = std::getenv("SUPERD_SIM_SEEDS"))
        last = std::strtoull(seeds, nullptr, 10);
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("SUPERD_SIM_SEED=" + std::to_string(seed));
        Simulation simulation{seed};
        for (int i = 0; i < 300; ++i) {
            simulation.step();
            if (HasFatalFailure()) return;
        }
        if (seed % 10 == 0) simulation.heal();
        if (HasFatalFailure()) return;
        simulation.shut_down();
        if (HasFatalFailure()) return;
        events += simulation.events();
    }
    RecordProperty("events", std::to_string(events));
    std::cout << events << " events\n";
}

}  // namespace
}  // namespace superd::core
