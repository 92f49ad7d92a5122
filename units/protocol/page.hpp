// The page that a worker shares with superd: what its loop, threads and tasks are doing.
//
// A file in memory, zeroed when it is made, mapped by both. The worker writes, superd reads;
// nothing here is trusted by superd beyond its size. All fields are naturally aligned and
// little-endian, so that units/python writes the same by offset. A worker that takes over a page of
// an earlier run calls it its own by writing the header anew, `magic` last.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace superd::protocol {

inline constexpr std::uint64_t page_magic = 0x3165'6761'5064'7573;  // "sudPage1"
inline constexpr std::uint32_t page_version = 1;
inline constexpr std::size_t slots_max = 256;
inline constexpr std::size_t tasks_max = 4096;
inline constexpr std::size_t metrics_max = 240;
inline constexpr std::size_t frames_max = 24;

// A text that one process writes while another may read: odd `version`, text, even `version`.
template <std::size_t size>
struct SharedText {
    std::atomic<std::uint32_t> version;
    std::array<char, size - sizeof(std::uint32_t)> text;  // Ends at the first zero, if any.
};

// What a thread or a loop is: a stall means something else for each.
enum class SlotKind : std::uint32_t { none, loop, thread, process };

// One thread, or one event loop. 256 bytes.
struct Slot {
    std::atomic<std::uint32_t> kind;          // 0: SlotKind
    std::atomic<std::uint32_t> tid;           // 4: of the thread that serves it
    std::atomic<std::uint64_t> beat_ns;       // 8: last sign of life, CLOCK_MONOTONIC
    std::atomic<std::uint64_t> busy_ns;       // 16: since when the current task runs; 0: idle
    std::atomic<std::uint64_t> done;          // 24: tasks ended
    std::atomic<std::uint32_t> live;          // 32: coroutines or tasks that live
    std::atomic<std::uint32_t> lag_us;        // 36: how late the loop's last beat was
    std::atomic<std::uint32_t> lag_worst_us;  // 40: the worst of this run
    std::atomic<std::uint32_t> frames;        // 44: how many of the next are valid; written last
    std::array<std::atomic<std::uint64_t>, frames_max>
        stack;                          // 48: return addresses, innermost first
    std::atomic<std::uint64_t> traces;  // 240: how often `stack` was written; grows after that
    std::uint64_t reserved;             // 248
};
static_assert(sizeof(Slot) == 256);

// One coroutine or task that was given a name. 128 bytes.
struct Task {
    std::atomic<std::uint64_t> id;  // 0: counts from 1; 0: this entry is free. Written last.
    std::atomic<std::uint64_t> started_ns;  // 8: CLOCK_MONOTONIC
    std::atomic<std::uint64_t> changed_ns;  // 16: since when it is in its state; 0: not kept
    std::atomic<std::uint32_t> state;       // 24: TaskState
    std::atomic<std::uint32_t> slot;        // 28: where it runs
    std::atomic<std::uint32_t> line;        // 32: of the source file, where it was begun
    std::uint32_t reserved;                 // 36
    SharedText<48> name;                    // 40
    SharedText<40> file;                    // 88: the last part of its path
};
enum class TaskState : std::uint32_t { suspended, running, cancelled };
static_assert(sizeof(Task) == 128);

enum class MetricKind : std::uint32_t { none, counter, gauge, histogram };

// A counter (`value`), a gauge (`value` holds a double's bits), or a histogram, whose 16 buckets
// are the entries that follow, with `kind` none and `value` the count at or below 2^n. 64 bytes.
struct Metric {
    std::atomic<std::uint32_t> kind;   // 0: MetricKind
    std::uint32_t reserved;            // 4
    std::atomic<std::uint64_t> value;  // 8
    SharedText<48> name;               // 16
};
static_assert(sizeof(Metric) == 64);

// What ended the worker, written by its handler of fatal signals. 64 bytes.
struct Crash {
    std::atomic<std::uint32_t> signal;   // 0: none. Written last.
    std::atomic<std::uint32_t> tid;      // 4
    std::atomic<std::uint64_t> address;  // 8: si_addr
    std::atomic<std::uint32_t> code;     // 16: si_code
    std::atomic<std::uint32_t> slot;     // 20: whose stack and task; 0xffffffff: none
    std::atomic<std::uint64_t> task;     // 24: the task's id; 0: none
    std::array<std::uint64_t, 4> reserved;
};
static_assert(sizeof(Crash) == 64);

struct PageHeader {
    std::atomic<std::uint64_t> magic;        // 0: page_magic; written last
    std::uint32_t version;                   // 8: page_version
    std::uint32_t pid;                       // 12
    std::uint32_t slots, tasks, metrics;     // 16, 20, 24: how many of each follow
    std::uint32_t worker;                    // 28: its index
    std::uint64_t started_ns;                // 32: CLOCK_MONOTONIC
    std::atomic<std::uint32_t> stopping;     // 40: it is draining
    std::atomic<std::uint32_t> slots_used;   // 44: one more than the highest slot ever used
    std::atomic<std::uint64_t> tasks_begun;  // 48: named tasks begun in this run
    std::atomic<std::uint64_t> tasks_lost;   // 56: that found no free entry and are not listed
};
static_assert(sizeof(PageHeader) == 64);

// Slots' current tasks by name, for what is not a listed task ("GET /x"). 64 bytes.
using Busy = SharedText<64>;

struct Page {
    PageHeader header;                        // 0
    Crash crash;                              // 64
    std::array<Busy, slots_max> busy;         // 128
    std::array<Slot, slots_max> slots;        // 16512
    std::array<Metric, metrics_max> metrics;  // 82048
    std::array<Task, tasks_max> tasks;        // 97408
};
static_assert(offsetof(Page, busy) == 128);
static_assert(offsetof(Page, slots) == 16512);
static_assert(offsetof(Page, metrics) == 82048);
static_assert(offsetof(Page, tasks) == 97408);
inline constexpr std::size_t page_size = sizeof(Page);  // 621,696; untouched parts cost no memory.

}  // namespace superd::protocol
