#include "tests/sim/trace.hpp"

#include "base/overloaded.hpp"

#include <cstdio>
#include <utility>

namespace superd::sim {
namespace {

std::string seconds(Duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6f", std::chrono::duration<double>(duration).count());
    return text;
}

std::string command(core::CommandId id) {
    return id == 0 ? std::string{} : ", command " + std::to_string(id);
}

// "spawned u3/0 run 17"
template <class About>
std::string about(const char* word, const About& it, const Trace::Naming& name) {
    std::string text = std::string{word} + " " + name(it.instance);
    if constexpr (requires { it.run; }) text += " run " + std::to_string(it.run);
    if constexpr (requires { it.command; }) text += command(it.command);
    return text;
}

const char* word_of(core::Announced what) {
    switch (what) {
        case core::Announced::nothing: return "that it is done";
        case core::Announced::reloading: return "that it reloads";
        case core::Announced::stopping: return "that it stops";
    }
    return "";
}

const char* word_of(core::Outcome outcome) {
    switch (outcome) {
        case core::Outcome::done: return "done";
        case core::Outcome::failed: return "failed";
        case core::Outcome::superseded: return "superseded";
    }
    return "";
}

const char* word_of(const core::FreezeTold& told) {
    if (!told.error.empty()) return "cannot be frozen:";
    return told.frozen ? "stands still:" : "is not held:";
}

std::string scaled(std::string_view who, const auto& event, const Trace::Naming& name) {
    return std::string{who} + name({event.unit, core::all_instances}) + " to " +
           std::to_string(event.count);
}

}  // namespace

std::string describe(const core::Event& event, const Trace::Naming& name) {
    const auto visitor = Overloaded{
        [&](const core::StartRequested& e) { return about("start", e, name); },
        [&](const core::StopRequested& e) { return about("stop", e, name); },
        [&](const core::RestartRequested& e) { return about("restart", e, name); },
        [&](const core::ResetRequested& e) { return about("reset", e, name); },
        [&](const core::ScaleRequested& e) {
            return scaled("scale ", e, name) + command(e.command);
        },
        [&](const core::Spawned& e) {
            return about("spawned", e, name) + ", pid " + std::to_string(e.pid);
        },
        [&](const core::SpawnFailed& e) {
            return about("cannot be spawned:", e, name) + ", " + e.error +
                   (e.transient ? " (for now)" : "");
        },
        [&](const core::BecameReady& e) { return about("ready", e, name); },
        [&](const core::ReadyFailed& e) { return about("cannot be ready:", e, name); },
        [&](const core::Exited& e) {
            return about("exited", e, name) + ", " + core::describe(e.status);
        },
        [&](const core::TreeEmpty& e) { return about("tree is gone:", e, name); },
        [&](const core::TreeLeft& e) { return about("tree is left:", e, name); },
        [&](const core::TimerFired& e) {
            return about("timer", e, name) + " #" + std::to_string(e.timer);
        },
        [&](const core::CheckPassed& e) {
            return about("check passed:", e, name) + ", check " + std::to_string(e.check);
        },
        [&](const core::CheckFailed& e) {
            return about("check failed:", e, name) + ", check " + std::to_string(e.check);
        },
        [&](const core::WatchdogTold& e) {
            return about(e.hung ? "says that it hangs:" : "ping of", e, name);
        },
        [&](const core::ServiceAnnounced& e) {
            return about("says", e, name) + " " + word_of(e.what);
        },
        [&](const core::TimeoutExtended& e) {
            return about("wants more time:", e, name) + ", " + seconds(e.by) + " s";
        },
        [&](const core::MainChanged& e) {
            return about("another main process:", e, name) + ", pid " + std::to_string(e.pid);
        },
        [&](const core::Drained& e) { return about("drained", e, name); },
        [&](const core::HookEnded& e) {
            return about("hook of", e, name) + ", " + std::string{core::to_string(e.hook)} +
                   (e.ok ? " ended well" : " failed");
        },
        [&](const core::RollRequested& e) { return about("roll", e, name); },
        [&](const core::MemoryMeasured& e) { return about("memory of", e, name); },
        [&](const core::Stalled& e) { return about("stalls:", e, name); },
        [&](const core::RecycleAsked& e) { return about("wants a new run:", e, name); },
        [&](const core::ClockTold&) { return std::string{"the wall clock is told"}; },
        [&](const core::ScheduleDue&) { return std::string{"a timed run is due"}; },
        [&](const core::RanBefore& e) { return about("ran before:", e, name); },
        [&](const core::ScheduleRequested& e) {
            return std::string{e.on ? "enable" : "disable"} + " the timer of " +
                   name({e.unit, core::all_instances});
        },
        [&](const core::Autoscaled& e) { return scaled("superd scales ", e, name); },
        [&](const core::Demanded& e) { return "wanted: " + name({e.unit, core::all_instances}); },
        [&](const core::DemandFailed& e) { return about("cannot be reached:", e, name); },
        [&](const core::FellIdle& e) { return "idle: " + name({e.unit, core::all_instances}); },
        [&](const core::FreezeRequested& e) { return about(e.on ? "freeze" : "thaw", e, name); },
        [&](const core::FreezeTold& e) { return about(word_of(e), e, name); },
        [&](const core::ShutdownRequested&) { return std::string{"superd is to stop"}; },
    };
    return std::visit(visitor, event);
}

std::string describe(const core::Effect& effect, const Trace::Naming& name) {
    const auto visitor = Overloaded{
        [&](const core::Spawn& e) { return about("spawn", e, name); },
        [&](const core::AwaitReady& e) { return about("await readiness of", e, name); },
        [&](const core::ForgetReady& e) { return about("forget readiness of", e, name); },
        [&](const core::StartChecks& e) { return about("start checks of", e, name); },
        [&](const core::StopChecks& e) { return about("stop checks of", e, name); },
        [&](const core::CheckTurned& e) {
            return about("check turned:", e, name) + ", " + e.text +
                   (e.failing ? " fails" : " is well again");
        },
        [&](const core::Signal& e) {
            return about("signal", e, name) + " " + core::signal_name(e.number);
        },
        [&](const core::Swapped& e) { return about("swapped:", e, name); },
        [&](const core::RollTold& e) { return about("roll of", e, name) + ", " + e.text; },
        [&](const core::ArmSchedule&) { return std::string{"arm the timer of timed runs"}; },
        [&](const core::TimerTold& e) { return about("timed run of", e, name) + ", " + e.text; },
        [&](const core::AwaitDemand& e) { return about("await demand of", e, name); },
        [&](const core::SetFrozen& e) { return about(e.on ? "freeze" : "thaw", e, name); },
        [&](const core::FreezeChanged& e) {
            return about(e.frozen ? "frozen" : "thawed", e, name);
        },
        [&](const core::Drain& e) { return about("drain", e, name); },
        [&](const core::RunHook& e) {
            return about("run hook of", e, name) + ", " + std::string{core::to_string(e.hook)};
        },
        [&](const core::CancelHook& e) {
            return about("cancel hook of", e, name) + ", " + std::string{core::to_string(e.hook)};
        },
        [&](const core::HookTold& e) {
            return about("hook of", e, name) + ", " + std::string{core::to_string(e.hook)} + " " +
                   e.text;
        },
        [&](const core::Crashed& e) { return about("crashed:", e, name) + ", " + e.text; },
        [&](const core::Sweep& e) { return about("sweep", e, name); },
        [&](const core::ArmTimer& e) {
            return about("arm timer of", e, name) + " #" + std::to_string(e.timer);
        },
        [&](const core::DisarmTimer& e) { return about("disarm timer of", e, name); },
        [&](const core::Changed& e) {
            return about("state", e, name) + " " + std::string{core::to_string(e.from)} + " -> " +
                   std::string{core::to_string(e.to)};
        },
        [&](const core::Forget& e) { return about("forget", e, name) + " of " + e.unit; },
        [&](const core::Answer& e) {
            return about("answer", e, name) + command(e.command) + ": " + word_of(e.outcome);
        },
        [&](const core::ShuttingDown& e) {
            return "superd stops: " + name(e.lost) + " is lost, exit " +
                   std::to_string(e.exit_code);
        },
        [&](const core::AllDown&) { return std::string{"all is down"}; },
    };
    return std::visit(visitor, effect);
}

void Trace::say(Instant now, const std::string& text) const {
    const std::string at = seconds(now - begin_);
    if (!std::exchange(told_, true)) std::printf("step %u\n", step_);
    std::printf("%12s  %s\n", at.c_str(), text.c_str());
}

void Trace::say(Instant now, const core::Event& event, const Naming& name) const {
    say(now, "-> " + describe(event, name));
}

void Trace::say(Instant now, const core::Effect& effect, const Naming& name) const {
    const auto* const change = std::get_if<core::Changed>(&effect);
    if (change != nullptr && change->from == change->to) return;
    say(now, "   <- " + describe(effect, name));
}

}  // namespace superd::sim
