// Copies of lines for systemd's journal.
#include "logger/drainer.hpp"
#include "logger/journald_entry.hpp"
#include "os/clock.hpp"

#include <time.h>

#include <algorithm>

namespace superd::logger {
namespace {

// What is kept beside the journal, for superctl logs and for death records.
constexpr std::uint64_t newest_bytes = 256u << 10;

}  // namespace

// What the journal has need not be on the disk a second time, but for the newest lines; without a
// journal, all is kept as the policy says.
void Drainer::fit_journald(Policy& policy) {
    if (policy.target != Target::journald || !journald_.available(os::monotonic_now())) return;
    policy.size_max = policy.size_max == 0 ? newest_bytes : std::min(policy.size_max, newest_bytes);
    policy.keep = 0;
}

// The first `size` of the bytes. What is behind them tells whether their last line goes on.
void Drainer::give_journald(Run& run, std::size_t stream, std::string_view bytes, std::size_t size,
                            Rest rest) {
    const InstanceName& name = *run.instance->name;
    const Origin origin{name.unit, name.index, run.pid,
                        run.label ? *run.label : std::string_view{}};
    const std::int64_t now = os::monotonic_now(), realtime = os::realtime_now();
    // A batch that the disk had no room for comes again; the journal has had it.
    std::size_t& given = run.given[stream];
    if (given >= size) return;
    const JournaldEntry entries{origin, run.run, stream == 0 ? Stream::out : Stream::err, realtime};
    const std::size_t begin = given;
    LineCutter cutter{bytes.substr(begin), rest};
    while (given < size) {
        const auto line = cutter.next();
        if (!line || !journald_.give(entries.of(*line), now)) return;
        given = begin + cutter.consumed();
    }
    if (const auto dropped = journald_.take_dropped(); dropped > 0) {
        const std::string note = std::to_string(dropped) +
                                 " lines are not in the journal, which did not take them in time; "
                                 "superctl logs has the newest";
        const JournaldEntry own{origin, run.run, Stream::superd, realtime};
        journald_.give(own.of({note, false}), now);
    }
}

void Drainer::flush_journald() {
    if (journald_.waiting()) journald_.flush(os::monotonic_now());
}

// At the end: what waits has a moment to be taken.
void Drainer::await_journald() {
    constexpr timespec pause{0, 20'000'000};
    for (int left = 50; left > 0 && journald_.waiting(); --left) {
        flush_journald();
        if (journald_.waiting()) ::nanosleep(&pause, nullptr);
    }
}

}  // namespace superd::logger
