// What a unit's [limits] come to, typed.
#pragma once

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace superd::config {

enum class OomPolicy : std::uint8_t {
    carry_on,       // The kernel kills one process; what comes of that, comes of its end.
    kill_instance,  // All processes of the instance go with it.
};

// One that the kernel has for each process by itself, soft and hard.
struct ProcessLimit {
    int resource = 0;  // RLIMIT_NOFILE and the like.
    rlim_t value = 0;
    friend bool operator==(const ProcessLimit&, const ProcessLimit&) = default;
};

struct Limits {
    // Of all processes of one instance together, by its control group. Empty: none.
    std::optional<std::uint64_t> memory_max, memory_high, swap_max;  // Bytes.
    std::optional<std::uint64_t> cpu_us;  // Of processors' time in each 100 ms.
    std::optional<std::uint64_t> cpu_weight, io_weight;
    std::optional<std::uint64_t> pids;  // Processes and threads.
    OomPolicy oom_policy = OomPolicy::carry_on;
    // Of each process by itself.
    std::optional<std::int32_t> oom_score_adjust;
    std::vector<ProcessLimit> process;  // In the order of process_limits.

    friend bool operator==(const Limits&, const Limits&) = default;
};

// The keys of [limits] that are setrlimit(2)'s.
struct ProcessLimitKey {
    std::string_view path;
    int resource;
    bool bytes;
};
inline constexpr std::array process_limits{
    ProcessLimitKey{"limits.open-files", RLIMIT_NOFILE, false},
    ProcessLimitKey{"limits.processes", RLIMIT_NPROC, false},
    ProcessLimitKey{"limits.core", RLIMIT_CORE, true},
    ProcessLimitKey{"limits.memlock", RLIMIT_MEMLOCK, true},
    ProcessLimitKey{"limits.stack", RLIMIT_STACK, true},
    ProcessLimitKey{"limits.data", RLIMIT_DATA, true},
    ProcessLimitKey{"limits.address-space", RLIMIT_AS, true},
    ProcessLimitKey{"limits.file-size", RLIMIT_FSIZE, true},
};

}  // namespace superd::config
