// How a worker ends: when all is done, when its time is over, or with an error.
#pragma once

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <string>
#include <superd/config.hpp>
#include <superd/log.hpp>

namespace superd::detail {

// Ends the process at once, but with what it has printed. A thread that is cut off may hold
// stdout's lock and never give it back: then what it has printed is lost.
[[noreturn]] inline void leave(int code) noexcept {
    if (::ftrylockfile(stdout) == 0) ::fflush_unlocked(stdout);
    std::_Exit(code);
}

// The exit code of `work`, or of the exception that leaves it, which is logged.
template <class Work>
int guarded(const superd_abi_host& host, Work work) noexcept {
    const Log log{host};
    try {
        return work();
    } catch (const config_error& failure) {
        log.error("cannot use the configuration: ", failure.what());
        host.notify((std::string{"STATUS="} + failure.what()).c_str(), -1);
        return 78;
    } catch (const std::exception& failure) {
        log.error("the service ended with an exception: ", failure.what());
    } catch (...) {
        log.error("the service ended with an exception of an unknown type");
    }
    return 1;
}

// Waits until `fd` is readable; false when it is not so by `deadline`. time_point::max() is never.
inline bool await_readable(int fd, std::chrono::steady_clock::time_point deadline) noexcept {
    using Clock = std::chrono::steady_clock;
    constexpr long longest = std::numeric_limits<int>::max();
    for (;;) {
        long left = -1;
        if (deadline != Clock::time_point::max())
            left = std::clamp<long>(
                std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count(), 0,
                longest);
        pollfd wait{fd, POLLIN, 0};
        const int came = ::poll(&wait, 1, static_cast<int>(left));
        if (came > 0) return true;
        if (came == 0 && left < longest) return false;
        if (came < 0 && errno != EINTR) return false;
    }
}

}  // namespace superd::detail
