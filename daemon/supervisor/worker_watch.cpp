#include "supervisor/worker_watch.hpp"

#include "core/instance.hpp"
#include "os/thread.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/status.hpp"

#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace superd::supervisor {
namespace {

using core::StallCause;
using core::StallTurn;

constexpr core::Duration count_every = std::chrono::seconds{3};
// A thread that may run its handler has noted where it is by then; one of Python's does it in
// words.
constexpr core::Duration trace_patience = std::chrono::milliseconds{500};
// However late the first ones are: a machine that stood still leaves nobody the time to answer.
constexpr int trace_looks_least = 2;

core::Instant instant(std::int64_t ns) { return core::Instant{core::Duration{ns}}; }

core::SlotKind kind_of(protocol::SlotKind kind) {
    switch (kind) {
        case protocol::SlotKind::loop: return core::SlotKind::loop;
        case protocol::SlotKind::thread: return core::SlotKind::thread;
        case protocol::SlotKind::process:
        case protocol::SlotKind::none: return core::SlotKind::process;
    }
    std::unreachable();
}

core::SlotSample sample_of(const PageSlot& slot) {
    return {.slot = slot.index,
            .kind = kind_of(slot.kind),
            .tid = slot.tid,
            .beat = instant(slot.beat_ns),
            .busy = instant(slot.busy_ns),
            .done = slot.done};
}

// Empty: it has no such thread.
std::optional<core::ThreadFacts> facts_of(pid_t pid, pid_t tid) {
    const auto stat = os::thread_stat(pid, tid);
    if (!stat) return {};
    core::ThreadFacts facts{.state = stat->state};
    if (const auto times = os::thread_times(pid, tid)) {
        facts.ran = core::Duration{static_cast<std::int64_t>(times->ran_ns)};
        facts.waited = core::Duration{static_cast<std::int64_t>(times->waited_ns)};
    }
    facts.channel = os::wait_channel(pid, tid);
    if (const auto call = os::blocked_call(pid, tid)) {
        facts.call = os::system_call_name(call->number);
    }
    return facts;
}

// Those who cannot run a handler now are not asked where they are.
bool can_answer(StallCause cause) {
    switch (cause) {
        case StallCause::disk:
        case StallCause::stopped:
        case StallCause::traced:
        case StallCause::frozen: return false;
        case StallCause::unknown:
        case StallCause::computing:
        case StallCause::starved:
        case StallCause::lock:
        case StallCause::call:
        case StallCause::events: return true;
    }
    std::unreachable();
}

std::uint64_t done_by(const std::vector<PageSlot>& slots) {
    std::uint64_t sum = 0;
    for (const PageSlot& slot : slots) sum += slot.done;
    return sum;
}

// "tell ann (chat.cpp:62), GET /x": which listed task that is, and what the slot says of itself.
std::string named(const PageTask* task, const std::string& busy) {
    if (task == nullptr || task->name.empty()) return busy;
    std::string text = task->name;
    if (!task->file.empty()) text += " (" + task->file + ":" + std::to_string(task->line) + ")";
    return busy.empty() || busy == task->name ? text : text + ", " + busy;
}

// What a slot works on.
std::string work_of(const WorkerPage& page, std::uint32_t slot) {
    const std::string busy = page.busy_text(slot);
    std::size_t more = 0;
    const auto tasks = page.tasks(protocol::tasks_max, more);
    const auto runs = std::ranges::find_if(tasks, [slot](const PageTask& task) {
        return task.slot == slot && task.state == protocol::TaskState::running;
    });
    return printable_status(named(runs == tasks.end() ? nullptr : &*runs, busy));
}

std::string hexadecimal(std::uint64_t number) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

}  // namespace

WorkerWatch::WorkerWatch(const boost::asio::any_io_executor& executor, Teller tell)
    : timer_{executor}, tell_{std::move(tell)} {}

void WorkerWatch::add(core::RunId run, core::InstanceId id, WorkerPage page) {
    workers_.insert_or_assign(run, Worker{.id = id, .page = std::move(page)});
}

void WorkerWatch::move(core::RunId run, core::InstanceId id) {
    const auto found = workers_.find(run);
    if (found != workers_.end()) found->second.id = id;
}

bool WorkerWatch::holds(core::RunId run, pid_t pid) const {
    const auto found = workers_.find(run);
    return found != workers_.end() && found->second.watch && found->second.pid == pid;
}

void WorkerWatch::begin(core::RunId run, pid_t pid, const core::StallRule& rule) {
    const auto found = workers_.find(run);
    if (found == workers_.end()) return;
    Worker& worker = found->second;
    worker.pid = pid;
    worker.rule = rule;
    worker.watch.emplace(now());
    worker.tracing.clear();
    worker.troubles.clear();
    worker.code = os::code_mappings(pid);
    worker.older = worker.newer = {now(), done_by(worker.page.slots(protocol::slots_max))};
    const core::Duration every = core::look_every(rule);
    if (due_ == core::Instant{} || every < every_) {
        every_ = due_ == core::Instant{} ? every : std::min(every_, every);
        due_ = now() + every_;
        schedule();
    }
}

void WorkerWatch::end(core::RunId run) {
    const auto found = workers_.find(run);
    if (found == workers_.end() || found->second.pid == 0) return;
    let_be(run, found->second);
    found->second.pid = 0;
    flush();
}

void WorkerWatch::rest(core::RunId run, pid_t pid) {
    const auto found = workers_.find(run);
    if (found == workers_.end()) return;
    found->second.pid = pid;
    let_be(run, found->second);
    flush();
}

void WorkerWatch::let_be(core::RunId run, Worker& worker) {
    worker.watch.reset();
    worker.troubles.clear();
    // It may be told to go for another reason: then nothing more is to be done about it.
    for (Trace& each : std::exchange(worker.tracing, {})) {
        each.turn.acts = false;
        tell(run, worker, each.turn, {});
    }
}

void WorkerWatch::schedule() {
    timer_.expires_at(std::chrono::steady_clock::time_point{
        std::chrono::ceil<std::chrono::steady_clock::duration>(due_.time_since_epoch())});
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) round();
    });
}

void WorkerWatch::round() {
    const core::Instant moment = now();
    // So late that the next one should have been: superd was away, and perhaps everybody.
    const bool away = moment - due_ > every_;
    core::Duration every{};
    for (auto& [run, worker] : workers_) {
        if (!worker.watch) continue;
        look(run, worker, moment, away);
        const core::Duration its = core::look_every(worker.rule);
        every = every.count() == 0 ? its : std::min(every, its);
    }
    if (every.count() == 0) {
        due_ = {};
    } else {
        every_ = every;
        due_ = now() + every_;
        schedule();
    }
    flush();
}

void WorkerWatch::look(core::RunId run, Worker& worker, core::Instant now, bool away) {
    answer_traces(run, worker, now);
    if (away) worker.watch->away(now);
    const auto head = worker.page.head();
    // Not its own, or not any more; and one that drains ends in its own time.
    if (!head || head->pid != worker.pid || head->stopping) return;
    const auto slots = worker.page.slots(head->slots_used);
    count(worker, slots, now);
    std::vector<core::SlotSample> samples, suspects;
    for (const PageSlot& slot : slots) samples.push_back(sample_of(slot));
    for (auto& turn : worker.watch->look(worker.rule, samples, now, suspects)) {
        take(run, worker, std::move(turn));
    }
    std::vector<core::SlotLook> looks;
    for (const core::SlotSample& suspect : suspects) {
        auto facts = facts_of(worker.pid, suspect.tid);
        if (!facts) continue;
        looks.push_back({suspect, std::move(*facts), work_of(worker.page, suspect.slot)});
    }
    for (auto& turn : worker.watch->judge(worker.rule, looks, now)) {
        take(run, worker, std::move(turn));
    }
}

void WorkerWatch::count(Worker& worker, const std::vector<PageSlot>& slots, core::Instant now) {
    if (now - worker.newer.at < count_every) return;
    worker.older = std::exchange(worker.newer, {now, done_by(slots)});
}

void WorkerWatch::take(core::RunId run, Worker& worker, StallTurn turn) {
    if (turn.kind == StallTurn::Kind::recovered) {
        worker.troubles.erase(turn.sample.slot);
    } else {
        worker.troubles[turn.sample.slot] = {turn, now()};
        if (trace(worker, turn)) return;
    }
    tell(run, worker, turn, {});
}

// True if the thread was asked where it is: what it answers is read in a later round.
bool WorkerWatch::trace(Worker& worker, const StallTurn& turn) {
    if (worker.rule.on_stall == core::OnStall::log || !can_answer(turn.cause)) return false;
    const auto stat = os::thread_stat(worker.pid, turn.sample.tid);
    const std::uint64_t traces = worker.page.traces(turn.sample.slot);
    // Without a handler the signal would end it.
    if (!stat || !os::catches_signal(worker.pid, SIGUSR2)) return false;
    if (!os::signal_thread(worker.pid, turn.sample.tid, stat->start_ticks, SIGUSR2)) return false;
    worker.tracing.push_back({turn, traces, now()});
    return true;
}

void WorkerWatch::answer_traces(core::RunId run, Worker& worker, core::Instant now) {
    if (worker.tracing.empty()) return;
    for (Trace& each : std::exchange(worker.tracing, {})) {
        StallTurn& turn = each.turn;
        const bool answered = worker.page.traces(turn.sample.slot) != each.traces;
        const bool late = now - each.at >= trace_patience && ++each.looks >= trace_looks_least;
        if (!answered && !late) {
            worker.tracing.push_back(std::move(each));
            continue;
        }
        // Python says it in words: where the thread is, in place of its task.
        const auto text = work_of(worker.page, turn.sample.slot);
        if (!text.empty()) turn.task = text;
        std::vector<std::string> stack;
        if (answered) {
            worker.code = os::code_mappings(worker.pid);
            stack = os::describe_stack(worker.code, worker.page.stack(turn.sample.slot));
        }
        tell(run, worker, turn, std::move(stack));
    }
}

void WorkerWatch::tell(core::RunId run, const Worker& worker, const StallTurn& turn,
                       std::vector<std::string> stack) {
    told_.push_back({worker.id, run, worker.pid, turn, worker.rule.on_stall, std::move(stack)});
}

void WorkerWatch::flush() {
    for (const Told& each : std::exchange(told_, {})) tell_(each);
}

const WorkerPage* WorkerWatch::page(core::RunId run) const {
    const auto found = workers_.find(run);
    return found == workers_.end() ? nullptr : &found->second.page;
}

std::optional<core::StallRule> WorkerWatch::rule(core::RunId run) const {
    const auto found = workers_.find(run);
    if (found == workers_.end() || !found->second.watch) return {};
    return found->second.rule;
}

std::optional<WorkerFigures> WorkerWatch::figures(core::RunId run) const {
    const auto found = workers_.find(run);
    if (found == workers_.end()) return {};
    const Worker& worker = found->second;
    const auto head = worker.page.head();
    if (!head || head->pid != worker.pid) return {};
    WorkerFigures out;
    const auto slots = worker.page.slots(head->slots_used);
    for (const PageSlot& slot : slots) {
        ++out.slots;
        out.live += slot.live;
        out.busy += slot.busy_ns != 0 ? 1 : 0;
        out.lag_us = std::max(out.lag_us, slot.lag_us);
        out.lag_worst_us = std::max(out.lag_worst_us, slot.lag_worst_us);
    }
    out.done = done_by(slots);
    const auto seconds = std::chrono::duration<double>(now() - worker.older.at).count();
    if (seconds >= 1 && out.done >= worker.older.done) {
        out.a_second = static_cast<double>(out.done - worker.older.done) / seconds;
    }
    out.tasks_lost = head->tasks_lost;
    out.stopping = head->stopping;
    out.metrics = worker.page.metrics();
    return out;
}

std::string WorkerWatch::trouble(core::RunId run) const {
    const auto found = workers_.find(run);
    if (found == workers_.end() || found->second.troubles.empty()) return {};
    const auto& troubles = found->second.troubles;
    const std::string more =
        troubles.size() > 1 ? ", and " + std::to_string(troubles.size() - 1) + " more" : "";
    const auto& [turn, at] = troubles.begin()->second;
    StallTurn still = turn;
    still.lasted += now() - at;
    return core::describe(still) + more;
}

std::optional<CrashReport> WorkerWatch::crash(core::RunId run, pid_t pid) const {
    const auto found = workers_.find(run);
    if (found == workers_.end()) return {};
    const Worker& worker = found->second;
    const auto head = worker.page.head();
    const auto crash = worker.page.crash();
    if (!head || !crash || head->pid != pid) return {};
    CrashReport report;
    report.text = core::signal_name(crash->signal);
    if (crash->signal != SIGABRT) report.text += " at " + hexadecimal(crash->address);
    report.text += " in thread " + std::to_string(crash->tid);
    std::string busy;
    if (crash->slot) {
        for (const PageSlot& slot : worker.page.slots(head->slots_used)) {
            if (slot.index != *crash->slot) continue;
            report.text += " (" + std::string{core::to_string(kind_of(slot.kind))} + ")";
        }
        busy = worker.page.busy_text(*crash->slot);
        report.stack = os::describe_stack(worker.code, worker.page.stack(*crash->slot));
    }
    std::size_t more = 0;
    const auto tasks = worker.page.tasks(protocol::tasks_max, more);
    const auto known = std::ranges::find(tasks, crash->task, &PageTask::id);
    const auto task = named(known == tasks.end() ? nullptr : &*known, busy);
    if (!task.empty()) report.text += ", at \"" + printable_status(task) + "\"";
    return report;
}

}  // namespace superd::supervisor
