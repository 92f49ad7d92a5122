// Looking at what is in a FIFO without taking it.
#pragma once

#include "base/result.hpp"
#include "logger/buffer.hpp"
#include "os/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace superd::logger {

// Copies what lies at the front of a FIFO: tee(2) gives a pipe of our own
// references to the same pages, and reading that copies them once, as reading
// the FIFO would have done.
class Peeker {
public:
    static constexpr std::size_t bytes_max = 256 * 1024;

    static Result<Peeker> create();

    // The bytes at the front, at most bytes_max; empty if there are none.
    // Valid until the next call.
    std::string_view peek(int fifo);
    // Gives the memory back to the kernel.
    void release() { buffer_->release(); }

private:
    Peeker() = default;
    os::Fd read_end_;
    os::Fd write_end_;
    std::unique_ptr<Buffer> buffer_;
};

// Bytes in the FIFO.
std::size_t waiting_bytes(int fifo);
// Bytes it can hold.
std::size_t pipe_capacity(int fifo);
// True if a writer would block now; `fifo` must be open for writing too.
bool pipe_full(int fifo);
// Takes `bytes` off the front and forgets them; returns how many there were.
std::size_t discard(int fifo, std::size_t bytes, int dev_null);

}  // namespace superd::logger
