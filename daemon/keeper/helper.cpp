#include "keeper/helper.hpp"

#include "keeper/report.hpp"
#include "os/clock.hpp"

#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

namespace superd::keeper {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t delay_min = second / 10;
constexpr std::int64_t delay_max = 5 * second;
constexpr std::size_t descriptors_of_helper_max = 8;

const char* step_name(os::ChildStep step) {
    switch (step) {
        case os::ChildStep::clone: return "clone";
        case os::ChildStep::session: return "setsid";
        case os::ChildStep::signals: return "reset signals";
        case os::ChildStep::descriptors: return "set up descriptors";
        case os::ChildStep::cgroup: return "join cgroup";
        case os::ChildStep::oom_score: return "set oom_score_adj";
        case os::ChildStep::limits: return "set limits";
        case os::ChildStep::groups: return "setgroups";
        case os::ChildStep::gid: return "setgid";
        case os::ChildStep::uid: return "setuid";
        case os::ChildStep::directory: return "chdir /";
        case os::ChildStep::exec: return "exec";
    }
    return "start";
}

// "; starting another in 0.4 s (restart 4)"
Text<64> describe_next(std::int64_t delay, int restart) {
    Text<64> text;
    text.add("; starting another");
    if (delay > 0) text.add(" in ").add(describe_duration(delay));
    text.add(" (restart ").add(restart).add(")");
    return text;
}

}  // namespace

std::int64_t Helper::delay_after_failure() {
    ++failures_;
    if (failures_ == 1) return 0;
    const int doublings = failures_ - 2;
    return doublings > 5 ? delay_max : delay_min << doublings;
}

bool Helper::start(std::span<const os::ChildDescriptor> descriptors, std::int64_t now) {
    os::ChildDescriptor wanted[descriptors_of_helper_max] = {{0, 0}, {1, 1}, {2, 2}};
    std::size_t count = 3;
    for (const os::ChildDescriptor& each : descriptors) wanted[count++] = each;

    os::ChildPlan plan;
    plan.argv = argv_;
    plan.env = ::environ;
    plan.descriptors = {wanted, count};
    // Without us it would go on beside the parts that the next superd starts.
    plan.parent_death_signal = SIGKILL;
    pid_t pid = 0;
    const os::ChildFailure failure = os::start_child(plan, &pid);
    kill_due_ = 0;
    if (failure.error != 0) {
        // At once makes no sense for what just failed without running.
        if (failures_ == 0) failures_ = 1;
        const std::int64_t delay = delay_after_failure();
        start_due_ = now + delay;
        report("cannot start the ", name_, ": ", step_name(failure.step),
               failure.step == os::ChildStep::exec ? " " : "",
               failure.step == os::ChildStep::exec ? argv_[0] : "", ": ",
               describe_error(failure.error), "; trying again in ", describe_duration(delay));
        return false;
    }
    pid_ = pid;
    ++starts_;
    start_due_ = 0;
    started_ = now;
    started_realtime_ = os::realtime_now();
    return true;
}

void Helper::ended(const Exit& exit, std::int64_t now, bool finishing) {
    const std::int64_t lived = now - started_;
    Text<64> how;
    if (exit.code == CLD_EXITED) {
        how.add("ended with status ").add(exit.status);
    } else {
        how.add("was killed by ").add(describe_signal(exit.status));
    }
    pid_ = 0;
    last_end_ = exit.wait_status();
    if (finishing) {
        if (last_end_ != 0 && last_end_ != SIGTERM) {
            report(name_, " (pid ", exit.pid, ") ", how, " while superd was ending");
        }
        return;
    }
    if (replaced_) {
        replaced_ = false;
        failures_ = 0;
        start_due_ = now;
        return report(name_, " (pid ", exit.pid, ") has made room for another one");
    }
    std::int64_t delay = 0;
    if (lived >= second) {
        failures_ = 0;
    } else {
        delay = delay_after_failure();
    }
    start_due_ = now + delay;
    report(name_, " (pid ", exit.pid, ") ", how, " after ", describe_duration(lived),
           describe_next(delay, starts_));
}

void Helper::restore(const State& state) {
    pid_ = state.pid;
    starts_ = state.starts;
    failures_ = state.failures;
    last_end_ = state.last_end;
    started_ = state.started;
    started_realtime_ = state.started_realtime;
    start_due_ = pid_ != 0 ? 0 : 1;
}

void Helper::replace(int number) {
    replaced_ = pid_ != 0;
    signal(number);
}

void Helper::signal(int number) const {
    if (pid_ != 0) ::kill(pid_, number);
}

}  // namespace superd::keeper
