// What is suspicious about the tasks and threads of a worker: hints for who looks at them, which
// nothing follows from.
#pragma once

#include "core/stall.hpp"

#include <string>
#include <vector>

namespace superd::core {

// A coroutine or task that its worker lists.
struct TaskFacts {
    enum class State : std::uint8_t { suspended, running, cancelled };
    State state{};
    SlotKind where{};  // Of the slot it runs in.
    Duration age{};
    Duration in_state{};  // 0: not known.
};
std::vector<std::string> lint(const TaskFacts& task, const StallRule& rule);

// A thread or loop at a moment.
struct SlotCondition {
    SlotKind kind{};
    Duration silent{};  // Since its last sign of life.
    Duration lag{};     // How late its last beat was.
    std::string call;   // System call in which it sleeps; empty: none, or not known.
};
std::vector<std::string> lint(const SlotCondition& slot, const StallRule& rule);

}  // namespace superd::core
