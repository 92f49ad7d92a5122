#include "supervisor/task_view.hpp"

#include "core/task_lint.hpp"
#include "os/clock.hpp"
#include "os/thread.hpp"
#include "supervisor/status.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace superd::supervisor {
namespace {

// Seconds between two moments, to the millisecond; nothing if the first is none.
std::optional<double> age(std::int64_t since_ns, std::int64_t now_ns) {
    if (since_ns == 0) return {};
    return std::round(static_cast<double>(std::max<std::int64_t>(now_ns - since_ns, 0)) / 1e6) /
           1e3;
}

core::Duration duration(std::int64_t since_ns, std::int64_t now_ns) {
    return core::Duration{since_ns == 0 ? 0 : std::max<std::int64_t>(now_ns - since_ns, 0)};
}

core::SlotKind core_kind(protocol::SlotKind kind) {
    switch (kind) {
        case protocol::SlotKind::loop: return core::SlotKind::loop;
        case protocol::SlotKind::thread: return core::SlotKind::thread;
        case protocol::SlotKind::process:
        case protocol::SlotKind::none: return core::SlotKind::process;
    }
    std::unreachable();
}

core::TaskFacts::State core_state(protocol::TaskState state) {
    switch (state) {
        case protocol::TaskState::suspended: return core::TaskFacts::State::suspended;
        case protocol::TaskState::running: return core::TaskFacts::State::running;
        case protocol::TaskState::cancelled: return core::TaskFacts::State::cancelled;
    }
    std::unreachable();
}

const char* state_text(protocol::TaskState state) {
    switch (state) {
        case protocol::TaskState::suspended: return "suspended";
        case protocol::TaskState::running: return "running";
        case protocol::TaskState::cancelled: return "cancelled";
    }
    std::unreachable();
}

wire::TaskSlot told(const PageSlot& slot, const WorkerPage& page, pid_t pid,
                    const core::StallRule& rule, std::int64_t now_ns) {
    wire::TaskSlot out;
    out.slot = slot.index;
    out.kind = core::to_string(core_kind(slot.kind));
    out.tid = slot.tid;
    out.done = slot.done;
    out.live = slot.live;
    out.lag = slot.lag_us / 1e6;
    out.lag_worst = slot.lag_worst_us / 1e6;
    out.beat_age = age(slot.beat_ns, now_ns);
    out.task = printable_status(page.busy_text(slot.index));
    out.task_age = age(slot.busy_ns, now_ns);
    core::SlotCondition condition{.kind = core_kind(slot.kind)};
    condition.silent = duration(slot.beat_ns, now_ns);
    condition.lag = std::chrono::microseconds{slot.lag_us};
    if (const auto call = os::blocked_call(pid, slot.tid)) {
        condition.call = os::system_call_name(call->number);
    }
    out.lints = core::lint(condition, rule);
    return out;
}

}  // namespace

void tell_tasks(const WorkerPage& page, pid_t pid, const core::StallRule& rule, std::size_t max,
                wire::WorkerTasks& out) {
    out.hosted = true;
    const auto head = page.head();
    if (!head || head->pid != pid) return;
    const std::int64_t now_ns = os::monotonic_now();
    const auto slots = page.slots(head->slots_used);
    for (const PageSlot& slot : slots) out.slots.push_back(told(slot, page, pid, rule, now_ns));
    out.begun = head->tasks_begun;
    out.lost = head->tasks_lost;
    if (head->tasks_begun == 0) return;  // Looking would only cost memory: nobody wrote there.
    std::size_t more = 0;
    for (const PageTask& task : page.tasks(max, more)) {
        const auto where = std::ranges::find(slots, task.slot, &PageSlot::index);
        core::TaskFacts facts{.state = core_state(task.state)};
        facts.where = where == slots.end() ? core::SlotKind::thread : core_kind(where->kind);
        facts.age = duration(task.started_ns, now_ns);
        facts.in_state = duration(task.changed_ns, now_ns);
        wire::TaskStatus one{.id = task.id, .name = printable_status(task.name)};
        one.file = printable_status(task.file);
        one.line = task.line;
        one.state = state_text(task.state);
        one.age = age(task.started_ns, now_ns).value_or(0);
        one.state_age = age(task.changed_ns, now_ns);
        one.slot = task.slot;
        one.lints = core::lint(facts, rule);
        out.tasks.push_back(std::move(one));
    }
    out.left_out = more;
}

void tell_slots(const WorkerPage& page, pid_t pid, wire::InstanceThreads& out) {
    const auto head = page.head();
    if (!head || head->pid != pid) return;
    const std::int64_t now_ns = os::monotonic_now();
    for (const PageSlot& slot : page.slots(head->slots_used)) {
        const auto is = [&](const wire::ThreadStatus& each) {
            return each.pid == pid && each.tid == slot.tid;
        };
        const auto thread = std::ranges::find_if(out.threads, is);
        if (thread == out.threads.end()) continue;
        auto& told = thread->slot.emplace();
        told.kind = core::to_string(core_kind(slot.kind));
        told.beat_age = age(slot.beat_ns, now_ns);
        told.task = printable_status(page.busy_text(slot.index));
        told.task_age = age(slot.busy_ns, now_ns);
    }
}

}  // namespace superd::supervisor
