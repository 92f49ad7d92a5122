// Tells the core what the wall clock shows: the core reads none.
#pragma once

#include "core/event.hpp"
#include "os/fd.hpp"
#include "supervisor/log.hpp"

#include <functional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

// What it shows now, and what the time zone says of the days around.
core::ClockTold read_wall_clock();

class WallClock {
public:
    using Handler = std::function<void(core::ClockTold)>;
    WallClock(const boost::asio::any_io_executor& executor, Log& log, Handler handler);

    // From now on calls back when the clock was set or the machine has slept,
    // and once an hour, as the time zone may be another one.
    void start();

private:
    void wait_for_set();
    void wait_for_hour();

    boost::asio::posix::stream_descriptor watch_;
    boost::asio::steady_timer hour_;
    Log& log_;
    Handler handler_;
};

}  // namespace superd::supervisor
