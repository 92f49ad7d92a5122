// Hearing of bytes in a FIFO without making its writers slower.
//
// A pipe that epoll(7) or poll(2) has ever looked at wakes its readers at each
// write(2) from then on, even after it is no longer watched and when there is
// nobody to wake. That costs each short write of a service a sixth of its time
// (measured: 258 ns, and 303 ns once polled). Signal-driven input costs nothing
// while it is switched off: hence SIGIO's queued form, taken from a signalfd(2).
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <utility>
#include <vector>

namespace superd::logger {

// Tells which FIFOs were written to. Not of bytes that are there when the watch
// begins: look at a FIFO after that.
class FifoWatch {
public:
    // To be called before other threads are started: they inherit that the
    // signals are blocked.
    static Result<FifoWatch> create();

    // Readable when there is something to `take`.
    int descriptor() const { return signals_.get(); }
    // The errno of what failed, or 0.
    static int begin(int fifo);
    static void end(int fifo);

    // Appends the descriptors of FIFOs that were written to; some may be closed or be
    // another file by now. False: it does not know of all, so look at each.
    bool take(std::vector<int>& fifos);

private:
    explicit FifoWatch(os::Fd signals) : signals_{std::move(signals)} {}
    os::Fd signals_;
};

}  // namespace superd::logger
