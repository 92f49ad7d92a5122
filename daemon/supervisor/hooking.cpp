// Hooks: started when the records say that they are to run, told of when they end.
#include "os/clock.hpp"
#include "os/process.hpp"
#include "os/tree.hpp"
#include "supervisor/hook_plan.hpp"
#include "supervisor/inheritance.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/probe.hpp"
#include "wire/crash.hpp"
#include "wire/time.hpp"

#include <sys/mman.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

namespace superd::supervisor {
namespace {

// Their last lines are worth this wait.
constexpr std::chrono::seconds lines_patience{1};
// The numbers of hooks' outputs, apart from those of runs.
constexpr std::uint64_t hook_log_bit = std::uint64_t{1} << 63;

// What can be read from it is `text`, however long.
os::Fd readable(const std::string& text) {
    os::Fd file{::memfd_create("superd-hook", MFD_CLOEXEC)};
    if (!file) return file;
    const auto size = static_cast<ssize_t>(text.size());
    if (::write(file.get(), text.data(), text.size()) != size) return {};
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

bool asks_by_program(const config::Unit& unit) {
    const auto is_program = [](const config::Ready& way) {
        return way.kind == config::ReadyKind::exec;
    };
    return (unit.ready && is_program(*unit.ready)) || std::ranges::any_of(unit.checks, is_program);
}

// Where a hook's processes are counted and ended as the run's own.
bool joins_group(core::Hook hook) {
    return hook == core::Hook::pre_start || hook == core::Hook::post_start ||
           hook == core::Hook::pre_stop;
}

}  // namespace

// Not at once: a supervisor that dies in the middle of it must have it in its records.
void Supervisor::run_hook(const core::RunHook& effect) {
    due_hooks_.push_back({effect.instance, effect.run, effect.hook, {}});
}

void Supervisor::cancel_hook(const core::CancelHook& effect) {
    std::erase_if(due_hooks_, [&](const DueHook& due) {
        return due.run == effect.run && due.hook == effect.hook;
    });
    hook_jobs_.cancel(effect.run, effect.hook);
}

// A start takes a fraction of a millisecond: clients have their turn between two of many.
void Supervisor::start_hooks() {
    const core::Instant until = now() + turn::Turn::length;
    while (!due_hooks_.empty() && now() < until) {
        const DueHook due = std::move(due_hooks_.front());
        due_hooks_.pop_front();
        if (auto problem = start_hook(due)) {
            turn_.add(core::HookEnded{due.instance, due.run, due.hook, problem->empty(),
                                      problem->empty() ? "is not defined any more" : *problem});
            settle_later();
        }
    }
    if (!due_hooks_.empty()) settle_later();
}

// Nothing: it runs. Empty: there is no such hook. Else why it does not run.
std::optional<std::string> Supervisor::start_hook(const DueHook& due) {
    const core::Instance* const instance = system_.find(due.instance);
    const config::Unit* const unit = definitions_.find(unit_name(due.instance.unit));
    const bool known = instance != nullptr && unit != nullptr && unit->hooks &&
                       !unit->hooks->argv[std::to_underlying(due.hook)].empty();
    if (!known) return "";
    os::SpawnPlan plan =
        hook_plan(*launcher_, *unit, core::number_of(due.instance), *instance, due.run, due.hook);
    last_hook_log_ =
        std::max(last_hook_log_ + 1, hook_log_bit | static_cast<std::uint64_t>(os::boottime_now()));
    const std::uint64_t log = last_hook_log_;
    const auto fifos = logs_.create(log, plan.uid, plan.gid);
    if (!fifos) return "cannot start: " + fifos.error().message();
    plan.descriptors = {{fifos->out.get(), 1}, {fifos->err.get(), 2}};
    const os::Fd input = due.input.empty() ? os::Fd{} : readable(due.input);
    if (input) plan.descriptors.push_back({input.get(), 0});
    if (joins_group(due.hook)) join_group(due.instance, *unit, plan);
    // The others' deadlines are the core's.
    const bool own_deadline = due.hook == core::Hook::on_crash && unit->spec.hooks;
    const core::Duration limit =
        own_deadline ? unit->spec.hooks->timeout(due.hook) : core::Duration{};
    const auto pid =
        hook_jobs_.start({due.instance, due.run, due.hook, log}, std::move(plan), limit);
    if (!pid) {
        logs_.discard(log);
        return pid.error();
    }
    logs_.open(log, due.instance, *pid, core::to_string(due.hook));
    return std::nullopt;
}

void Supervisor::hook_ended(HookJobs::End end) {
    logs_.drain(end.job.log);
    logs_.close(end.job.log);
    logs_.settle();
    logger_.flush();
    if (!end.cancelled) {
        return happen(core::HookEnded{end.job.instance, end.job.run, end.job.hook, end.ok,
                                      std::move(end.text)});
    }
    end_if_done();
}

bool Supervisor::hooks_idle() const {
    return due_hooks_.empty() && untold_crashes_.empty() && hook_jobs_.idle();
}

void Supervisor::hook_told(const core::HookTold& effect) {
    Note told{.kind = wire::EventKind::hook, .id = effect.instance, .run = effect.run};
    told.hook = effect.hook;
    told.failing = !effect.ok;
    told.message = effect.text;
    note(std::move(told));
    const std::string text = "unit " + name_of(effect.instance) + ": " +
                             std::string{core::to_string(effect.hook)} + " hook " + effect.text;
    if (effect.ok) {
        log_.debug(text);
    } else {
        log_.warn(text);
    }
}

void Supervisor::crashed(const core::Crashed& effect) {
    const core::Instance& instance = *system_.find(effect.instance);
    wire::CrashReport report;
    report.unit = unit_name(effect.instance.unit);
    report.instance = core::number_of(effect.instance);
    report.run = effect.run;
    report.reason = core::to_string(effect.reason);
    report.text = effect.text;
    report.state = core::to_string(instance.state);
    report.restarts = instance.restarts;
    if (instance.state == core::State::backoff) {
        report.next_retry = wire::format_time(realtime_of(instance.due));
    }
    report.suppressed = effect.suppressed;
    auto waiting = std::make_unique<UntoldCrash>(effect.instance, std::move(report),
                                                 boost::asio::steady_timer{io_});
    waiting->patience.expires_after(lines_patience);
    waiting->patience.async_wait([this, run = effect.run](boost::system::error_code error) {
        if (!error) tell_crash(run);
    });
    untold_crashes_[effect.run] = std::move(waiting);
    const auto deaths =
        history_.deaths(unit_name(effect.instance.unit), core::number_of(effect.instance));
    const auto known = std::ranges::find(deaths, effect.run, &Death::run);
    const bool has_lines = known != deaths.end() && !known->lines.empty();
    // Else its last lines are on their way, if it had any.
    if (has_lines || logs_.find(effect.run) == nullptr) tell_crash(effect.run);
}

void Supervisor::tell_crash(core::RunId run) {
    const auto found = untold_crashes_.find(run);
    if (found == untold_crashes_.end()) return;
    const std::unique_ptr<UntoldCrash> crash = std::move(found->second);
    untold_crashes_.erase(found);
    wire::CrashReport& report = crash->report;
    const auto deaths = history_.deaths(report.unit, report.instance);
    const auto death = std::ranges::find(deaths, run, &Death::run);
    if (death != deaths.end()) report.last_exit = told_death(*death);
    due_hooks_.push_back(
        {crash->instance, run, core::Hook::on_crash, wire::serialize(report) + "\n"});
    settle_later();
}

// What the supervisor before had run, hooks and programs that ask after a run, is dead with it;
// what they had started is not. All of it is ended before the same is run again.
void Supervisor::end_interrupted_hooks(const Inheritance& from) const {
    std::vector<os::TreeRun> runs;
    std::map<core::RunId, std::set<std::string_view>> marks;
    const auto add = [&](core::RunId run, std::initializer_list<std::string_view> its) {
        auto& known = marks[run];
        if (known.empty()) runs.push_back({0, run, logs_.user(run)});
        known.insert(its);
    };
    for (const auto& stored : from.records.records) {
        const core::Instance& instance = stored.record.instance;
        if (instance.hook != core::Hook::none) add(instance.run, {core::to_string(instance.hook)});
        if (instance.crash) add(instance.crash->run, {core::to_string(core::Hook::on_crash)});
        const config::Unit* const unit = definitions_.find(stored.record.unit);
        const bool asked = core::alive(instance) && unit != nullptr && asks_by_program(*unit);
        if (asked) add(instance.run, {check_mark, ready_mark});
    }
    if (runs.empty()) return;
    const os::TreeScan scan{welcome_.pid, scope_};
    const auto known = [this](pid_t pid) { return pid == ::getpid() || pid == welcome_.pid; };
    std::vector<os::TreeMember> theirs = scan.everywhere(runs, known);
    std::erase_if(theirs, [&](const os::TreeMember& member) {
        const auto mark = os::process_environment(member.pid, "SUPERD_HOOK");
        return !mark || !marks.at(member.run).contains(*mark);
    });
    os::signal_members(theirs, SIGKILL);
}

}  // namespace superd::supervisor
