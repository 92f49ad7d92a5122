// Runs at set times: what a unit's [timer] says, and where one of its instances
// is in that.
//
// `every` is counted on the monotonic clock, from one due moment to the next.
// `at` is calendar time: its truth is a moment of the wall clock, which the
// shell tells (ClockTold) whenever somebody has set it.
#pragma once

#include "core/calendar.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace superd::core {

// What happens when a run is due and the one before is not over.
enum class Overlap : std::uint8_t {
    skip,   // Nothing: the next one comes at its time.
    queue,  // It follows at once when that is over; one waits at most.
    kill,   // That is stopped, then it follows.
};

struct TimerRule {
    Duration every{};              // 0: `at` says when.
    std::vector<CalendarRule> at;  // In the zone of superd's clocks...
    bool utc = false;              // ...or in UTC.
    bool catch_up = false;         // A run that was missed, or several, are made up for by one.
    bool on_start = false;         // A run too when its goal becomes up, at superd's start for one.
    Overlap overlap = Overlap::skip;
    Duration jitter{};  // Each run is put off by chance, up to this.
    std::string text;   // For people: "every 1h", "daily 03:00".
    friend bool operator==(const TimerRule&, const TimerRule&) = default;

    // One that is late by no more than this is not missed.
    static constexpr Duration grace = std::chrono::minutes{1};
    // The wall clock set back by up to this repeats nothing.
    static constexpr Duration set_back_max = std::chrono::hours{24};
};

struct Schedule {
    Instant next{};               // When a run is due; epoch: none is planned.
    std::optional<Instant> base;  // every: the last due moment, without jitter.
    std::int64_t occurrence = 0;  // at: the wall second that `next` stands for.
    Duration delay{};             // The jitter in `next`.
    std::int64_t seen = 0;        // CLOCK_REALTIME ns; what was due until then is settled. 0: none.
    std::int64_t last = 0;        // Likewise; when a run was last due and started. 0: never.
    bool queued = false;          // A run waits for the one before to end.
    bool off = false;             // Suspended by the operator.
};

// What the System knows of time beside the monotonic clock.
struct Timing {
    Instant told_at{};         // When the wall clock was last told...
    std::int64_t wall_ns = 0;  // ...and what it said. 0: it never was.
    std::shared_ptr<const Zone> local;
    Instant armed{};                // What the shell was last told to wake us for.
    std::set<std::uint32_t> units;  // Those with a timer.
};

// "12 s", "5 min", "7 h 12 min", "3 d 4 h".
std::string describe(Duration duration);

}  // namespace superd::core
