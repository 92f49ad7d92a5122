// The page that a worker shares with superd (units/protocol/page.hpp), as superd reads it.
//
// Whoever writes it is a stranger, perhaps a broken one: nothing read from it is used as a size or
// a position unchecked, and every answer is a bounded copy of what was there at that moment.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"
#include "protocol/page.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace superd::supervisor {

// All times are CLOCK_MONOTONIC's nanoseconds, as the worker wrote them; 0: none.
struct PageHead {
    pid_t pid = 0;
    std::uint32_t worker = 0;
    std::uint32_t slots_used = 0;  // At most protocol::slots_max.
    bool stopping = false;
    std::int64_t started_ns = 0;
    std::uint64_t tasks_begun = 0, tasks_lost = 0;
};

struct PageSlot {
    std::uint32_t index = 0;
    protocol::SlotKind kind{};
    pid_t tid = 0;
    std::int64_t beat_ns = 0, busy_ns = 0;
    std::uint64_t done = 0;
    std::uint32_t live = 0, lag_us = 0, lag_worst_us = 0;
};

struct PageTask {
    std::uint64_t id = 0;
    std::string name, file;
    std::uint32_t line = 0, slot = 0;
    protocol::TaskState state{};
    std::int64_t started_ns = 0, changed_ns = 0;
};

struct PageMetric {
    std::string name;
    protocol::MetricKind kind{};
    std::uint64_t count = 0;             // Of a counter; of a histogram: how many were seen.
    double value = 0;                    // Of a gauge.
    std::vector<std::uint64_t> buckets;  // Of a histogram: the count at or below 2^n.
};

struct PageCrash {
    int signal = 0, code = 0;
    pid_t tid = 0;
    std::uint64_t address = 0;
    std::optional<std::uint32_t> slot;  // Below protocol::slots_max.
    std::uint64_t task = 0;
};

class WorkerPage {
public:
    // Maps it to be read. Refused if it is too small, or could be made so: reading beyond
    // the end of a file that was cut would end this process.
    static Result<WorkerPage> map(const os::Fd& fd);

    WorkerPage(WorkerPage&& other) noexcept;
    WorkerPage& operator=(WorkerPage&& other) noexcept;
    ~WorkerPage();

    // Empty: no worker has called it its own, or one of another version.
    std::optional<PageHead> head() const;
    // Those of the first `used` slots that are in use.
    std::vector<PageSlot> slots(std::uint32_t used) const;
    // What a slot works on, by name; empty: nothing that has one.
    std::string busy_text(std::uint32_t slot) const;
    // Where the slot's thread was when it was last asked, innermost first.
    std::vector<std::uint64_t> stack(std::uint32_t slot) const;
    // How often it was.
    std::uint64_t traces(std::uint32_t slot) const;

    // At most `max` of those that live; `more`: how many there are beyond these.
    std::vector<PageTask> tasks(std::size_t max, std::size_t& more) const;
    std::vector<PageMetric> metrics() const;
    std::optional<PageCrash> crash() const;

private:
    explicit WorkerPage(const protocol::Page* page) : page_{page} {}

    const protocol::Page* page_;
};

}  // namespace superd::supervisor
