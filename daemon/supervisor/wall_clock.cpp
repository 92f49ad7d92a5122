#include "supervisor/wall_clock.hpp"

#include "os/clock.hpp"
#include "os/wall_clock.hpp"
#include "supervisor/moment.hpp"

#include <unistd.h>

#include <array>
#include <memory>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
// The core looks 70 days ahead and back; and one more while nobody tells it anew.
constexpr std::int64_t known_s = 75 * 86'400;

}  // namespace

core::ClockTold read_wall_clock() {
    core::ClockTold told{.at = now(), .wall_ns = os::realtime_now(), .local = nullptr};
    const std::int64_t second = told.wall_ns / second_ns;
    const auto offsets = os::zone_offsets(second - known_s, second + known_s);
    auto zone = std::make_shared<core::Zone>();
    zone->offset = offsets.front().seconds;
    for (std::size_t i = 1; i < offsets.size(); ++i) {
        zone->shifts.push_back({offsets[i].at, offsets[i].seconds});
    }
    told.local = std::move(zone);
    return told;
}

WallClock::WallClock(const boost::asio::any_io_executor& executor, Log& log, Handler handler)
    : watch_{executor}, hour_{executor}, log_{log}, handler_{std::move(handler)} {}

void WallClock::start() {
    if (auto watch = os::open_clock_watch()) {
        watch_.assign(watch->release());
        wait_for_set();
    } else {
        log_.warn(watch.error().message() + "; timers see it within the hour when it is set");
    }
    wait_for_hour();
}

void WallClock::wait_for_set() {
    os::Fd fd{watch_.native_handle()};
    const auto armed = os::watch_clock(fd);
    static_cast<void>(fd.release());  // It is the descriptor's own.
    if (!armed) return log_.warn(armed.error().message());
    watch_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code error) {
                          if (error) return;
                          wait_for_set();
                          handler_(read_wall_clock());
                      });
}

void WallClock::wait_for_hour() {
    hour_.expires_after(std::chrono::hours{1});
    hour_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        handler_(read_wall_clock());
        wait_for_hour();
    });
}

}  // namespace superd::supervisor
