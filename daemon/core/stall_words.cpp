// Stalls, as people read of them.
#include "core/stall.hpp"

#include <cmath>
#include <utility>

namespace superd::core {

namespace {

std::string milliseconds(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           " ms";
}

std::string percent(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

std::string in_parentheses(const std::string& text) {
    return text.empty() ? "" : " (" + text + ")";
}

std::string explain(const StallTurn& turn) {
    const bool loop = turn.sample.kind == SlotKind::loop;
    const ThreadFacts& facts = turn.facts;
    switch (turn.cause) {
        case StallCause::unknown: return "why is not known";
        case StallCause::computing: return loop ? "CPU-bound code in the loop" : "it computes";
        case StallCause::starved:
            return "it could run and has no processor (" + percent(turn.wait) +
                   " of the time): the machine is too busy";
        case StallCause::lock: return "it waits for a lock" + in_parentheses(facts.channel);
        case StallCause::disk: return "it waits for a disk" + in_parentheses(facts.channel);
        case StallCause::call: {
            std::string text = loop ? "blocked within the loop in " : "blocked in ";
            if (facts.call.empty()) return text + facts.channel;
            return text + facts.call + in_parentheses(facts.channel);
        }
        case StallCause::events: return "it waits for events, and does not beat";
        case StallCause::stopped: return "it is stopped by a signal; SIGCONT lets it go on";
        case StallCause::traced: return "a debugger has stopped it";
        case StallCause::frozen: return "its control group is frozen";
    }
    std::unreachable();
}

}  // namespace

std::string describe(const StallTurn& turn) {
    std::string text{to_string(turn.sample.kind)};
    text += " of tid " + std::to_string(turn.sample.tid);
    switch (turn.kind) {
        case StallTurn::Kind::recovered:
            return text + " gave a sign of life after " + milliseconds(turn.lasted);
        case StallTurn::Kind::overdue:
            text += " at one task for " + milliseconds(turn.lasted);
            break;
        case StallTurn::Kind::silent:
        case StallTurn::Kind::stalled: text += " silent for " + milliseconds(turn.lasted);
    }
    text += std::string{", state "} + turn.facts.state + ", cpu " + percent(turn.cpu) + ": ";
    text += explain(turn);
    if (!turn.task.empty()) text += ", at \"" + turn.task + "\"";
    if (turn.untold != 0) text += "; " + std::to_string(turn.untold) + " more before were not told";
    return text;
}

std::string_view to_string(StallTurn::Kind kind) {
    switch (kind) {
        case StallTurn::Kind::silent: return "silent";
        case StallTurn::Kind::stalled: return "stalled";
        case StallTurn::Kind::overdue: return "overdue";
        case StallTurn::Kind::recovered: return "recovered";
    }
    std::unreachable();
}

std::string_view to_string(StallCause cause) {
    switch (cause) {
        case StallCause::unknown: return "unknown";
        case StallCause::computing: return "computing";
        case StallCause::starved: return "starved";
        case StallCause::lock: return "lock";
        case StallCause::disk: return "disk";
        case StallCause::call: return "call";
        case StallCause::events: return "events";
        case StallCause::stopped: return "stopped";
        case StallCause::traced: return "traced";
        case StallCause::frozen: return "frozen";
    }
    std::unreachable();
}

std::string_view to_string(SlotKind kind) {
    switch (kind) {
        case SlotKind::loop: return "loop";
        case SlotKind::thread: return "thread";
        case SlotKind::process: return "process";
    }
    std::unreachable();
}

}  // namespace superd::core
