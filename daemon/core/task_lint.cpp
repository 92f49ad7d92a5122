#include "core/task_lint.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace superd::core {

namespace {

// A loop serves others between two steps of a coroutine: so long a step is felt by all of them.
constexpr Duration step_max = std::chrono::milliseconds{100};
// One that was cancelled is resumed once more, to end.
constexpr Duration cancelled_max = std::chrono::seconds{1};
constexpr std::array<std::string_view, 3> waits_for_events{"epoll_wait", "epoll_pwait",
                                                           "epoll_pwait2"};

std::string milliseconds(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           " ms";
}

}  // namespace

std::vector<std::string> lint(const TaskFacts& task, const StallRule& rule) {
    std::vector<std::string> found;
    const bool in_loop = task.where == SlotKind::loop;
    if (in_loop && task.state == TaskFacts::State::running && task.in_state >= step_max) {
        found.push_back("has not yielded for " + milliseconds(task.in_state));
    }
    if (task.state == TaskFacts::State::cancelled && task.in_state >= cancelled_max) {
        found.push_back("was cancelled " + milliseconds(task.in_state) + " ago, and lives on");
    }
    if (rule.task_timeout.count() > 0 && task.age > rule.task_timeout) {
        found.push_back("is older than task-timeout (" + milliseconds(rule.task_timeout) + ")");
    }
    return found;
}

std::vector<std::string> lint(const SlotCondition& slot, const StallRule& rule) {
    std::vector<std::string> found;
    if (slot.kind != SlotKind::loop) return found;
    const bool counts = rule.warn.count() > 0;
    if (counts && slot.silent > rule.warn) {
        found.push_back("silent for " + milliseconds(slot.silent));
    }
    if (counts && slot.lag > rule.warn) {
        found.push_back("was late by " + milliseconds(slot.lag) + " (stall-warn is " +
                        milliseconds(rule.warn) + ")");
    }
    const bool waits = std::ranges::find(waits_for_events, slot.call) != waits_for_events.end();
    if (!slot.call.empty() && !waits && slot.silent >= step_max) {
        found.push_back("blocked in " + slot.call + " within the loop");
    }
    return found;
}

}  // namespace superd::core
