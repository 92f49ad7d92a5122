#include "os/wall_clock.hpp"

#include <sys/timerfd.h>

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace superd::os {
namespace {

constexpr std::int64_t day = 86'400;

std::int32_t offset_at(std::int64_t moment) {
    const time_t when = moment;
    tm civil{};
    if (::localtime_r(&when, &civil) == nullptr) return 0;
    return static_cast<std::int32_t>(civil.tm_gmtoff);
}

// The first moment after `before` that has the offset that `after` has.
std::int64_t shift_between(std::int64_t before, std::int64_t after) {
    const std::int32_t then = offset_at(after);
    while (after - before > 1) {
        const std::int64_t middle = before + (after - before) / 2;
        (offset_at(middle) == then ? after : before) = middle;
    }
    return after;
}

}  // namespace

Result<Fd> open_clock_watch() {
    Fd watch{::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)};
    if (!watch) {
        const int error = errno;
        return fail_errno(error, "make a timer of the wall clock");
    }
    return watch;
}

Result<void> watch_clock(const Fd& watch) {
    // It is not to expire: only to be cancelled.
    itimerspec never{};
    never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
    never.it_value.tv_sec *= 4;
    if (::timerfd_settime(watch.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                          nullptr) != 0) {
        const int error = errno;
        return fail_errno(error, "watch the wall clock");
    }
    return {};
}

std::vector<ZoneOffset> zone_offsets(std::int64_t from, std::int64_t to) {
    ::tzset();
    std::vector<ZoneOffset> found{{from, offset_at(from)}};
    for (std::int64_t at = from; at < to;) {
        const std::int64_t next = std::min(at + day, to);
        const std::int32_t offset = offset_at(next);
        if (offset != found.back().seconds) found.push_back({shift_between(at, next), offset});
        at = next;
    }
    return found;
}

}  // namespace superd::os
