// Liveness checks, and how one's results are judged. Pure: who asks the service,
// and how, is the shell's.
#pragma once

#include "core/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace superd::core {

// What follows when a check has failed as often as it may.
enum class OnFailure : std::uint8_t {
    restart,  // The run has failed: it is ended, and the restart policy decides.
    stop,     // The run is ended and the instance has failed until the operator acts.
    degrade,  // It goes on, and its status says that it is not well.
    ignore,   // It goes on; the check's own state tells.
};

struct CheckSpec {
    std::string name;
    std::string target;  // What is asked, as a text that differs when it does.
    Duration every = std::chrono::seconds{10};
    Duration timeout = std::chrono::seconds{2};
    Duration start_after{};  // From the moment the run is ready to the first try.
    // So long after it, failures do not count until the check has passed once.
    Duration start_timeout = std::chrono::seconds{30};
    std::uint32_t failures = 3;   // In a row.
    std::uint32_t successes = 1;  // In a row, to be well again.
    OnFailure on_failure = OnFailure::restart;
    friend bool operator==(const CheckSpec&, const CheckSpec&) = default;
};

struct CheckState {
    std::uint32_t failures = 0;   // In a row, of those that count.
    std::uint32_t successes = 0;  // In a row.
    bool passed = false;          // At least once in this run.
    bool failing = false;         // It has failed as often as it may, and is not well again.
    Instant since{};              // Of `failing`.
    std::string message;          // What the last failure met; empty after a success.
};

// What watches over one run that is ready, and why it was ended if that is so.
struct Health {
    std::vector<CheckState> checks;  // As UnitSpec::checks, while the run is ready.
    Duration watchdog_every{};       // That the service chose; 0: the unit's.
    Instant watchdog_due{};          // The next ping comes before this; epoch: none is expected.
    bool asking = false;             // The checks are under way: StartChecks was said last.
    std::string cause;               // Why superd ended the run: "check http: refused".
};

enum class Verdict : std::uint8_t { as_before, failed, recovered };

// Takes in one result of a check of a run that became ready at `ready_at`.
// `problem` is null for a success.
Verdict judge(const CheckSpec& spec, CheckState& state, const std::string* problem,
              Instant ready_at, Instant now);

// "http: connection refused, 3 in a row"
std::string describe(const CheckSpec& spec, const CheckState& state);

}  // namespace superd::core
