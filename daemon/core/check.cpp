#include "core/check.hpp"

#include <limits>

namespace superd::core {

namespace {

void count(std::uint32_t& number) {
    if (number < std::numeric_limits<std::uint32_t>::max()) ++number;
}

}  // namespace

Verdict judge(const CheckSpec& spec, CheckState& state, const std::string* problem,
              Instant ready_at, Instant now) {
    if (problem == nullptr) {
        state.passed = true;
        state.failures = 0;
        count(state.successes);
        state.message.clear();
        if (!state.failing || state.successes < spec.successes) return Verdict::as_before;
        state.failing = false;
        state.since = now;
        return Verdict::recovered;
    }
    state.successes = 0;
    state.message = *problem;
    // As a startup probe: a service that is still coming up is not one that hangs.
    const bool coming_up = !state.passed && now < ready_at + spec.start_after + spec.start_timeout;
    if (coming_up) return Verdict::as_before;
    count(state.failures);
    if (state.failing || state.failures < spec.failures) return Verdict::as_before;
    state.failing = true;
    state.since = now;
    return Verdict::failed;
}

std::string describe(const CheckSpec& spec, const CheckState& state) {
    std::string text = spec.name;
    if (!state.message.empty()) text += ": " + state.message;
    if (state.failures > 1) text += ", " + std::to_string(state.failures) + " in a row";
    return text;
}

}  // namespace superd::core
