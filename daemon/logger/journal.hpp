// Every byte once, wherever a SIGKILL hits.
//
// A service's bytes stay in its FIFO until their lines are in the log file:
// the logger peeks (tee), writes, then consumes. So the FIFO is the only queue,
// the kernel keeps it whoever dies, and nothing is lost. What could go wrong is
// that a batch is written twice: when the logger dies after writing it and
// before consuming it, or is not known to have consumed it. So before a batch
// is written, one mapped page in the runtime directory says which it is: the
// file, its size before, the size after; the FIFO and the bytes to consume.
//
// A new logger that finds a batch there looks at the file first:
//   - shorter than "size after": not or partly written. It is cut to "size
//     before"; nothing was consumed, so the lines are written again from the FIFO.
//   - else it is written, and what of it is left in the FIFO must go.
//
// How much is left is the harder question, for read(2) tells the count only to
// the process that dies. It is answered by what the read leaves in memory that
// outlives it: bytes are consumed by reading them into the mapped page, whose
// last bytes hold a mark before, the complement of what is about to be read.
// The kernel finishes a system call before SIGKILL ends the process, so the
// mark is there or gone, and that tells.
//
// Reading a batch a second time only for that would cost a tenth of the
// throughput. So all but the last 64 bytes are spliced to /dev/null, which is
// nearly free, and only the last 64 are read. A new logger that finds the mark
// still there compares the front of the FIFO with the first 64 bytes of the
// batch and with the last: that tells whether the splice happened. Where the two
// are the same (a service that repeats itself) there is no splice, and all of the
// batch is read, in rounds of the mapped room.
//
// Measured on the machine of the first version: read 11 GB/s, peek + splice 9 GB/s.
#pragma once

#include "base/result.hpp"
#include "logger/peek.hpp"
#include "os/fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace superd::logger {

// What is about to be written and consumed.
struct Batch {
    std::string_view fifo;  // Path of the FIFO.
    std::string_view file;  // Path of the log file.
    std::uint64_t size_before = 0;
    std::uint64_t size_after = 0;
};

// The record of the batch under way. One process at a time has it: `lock` waits
// for the flock(2) that the kernel drops when the previous logger is gone.
class Journal {
public:
    static Result<Journal> open(const std::string& path, int dev_null);
    Journal(Journal&& other) noexcept;
    Journal& operator=(Journal&&) = delete;
    ~Journal();

    // True once no other logger works on this runtime directory.
    bool try_lock();
    // Completes or undoes what a killed logger left. Call before all else.
    void recover(Peeker& peeker);

    // Notes a batch that consists of `bytes`, the front of the FIFO.
    void begin(const Batch& batch, std::string_view bytes);
    // The batch is written: takes its bytes off the FIFO and forgets it.
    void consume(int fifo, std::string_view bytes);
    // The batch was not written, or somebody else has consumed some of it.
    void abandon();

private:
    struct Page;
    Journal(os::Fd file, Page* page, int dev_null)
        : file_{std::move(file)}, page_{page}, dev_null_{dev_null} {}
    void read_marked(int fifo, std::string_view bytes);
    bool read_happened() const;
    void consume_rest(int fifo, Peeker& peeker);

    os::Fd file_;
    Page* page_;
    int dev_null_;
};

}  // namespace superd::logger
