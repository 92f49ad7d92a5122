// One instance's record as the bytes of its slot. The layout is explicit
// (little-endian, fixed widths) and carries a version and a checksum, so what
// another version or a half-written page left behind is known as such.
#pragma once

#include "core/instance.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace superd::turn {

inline constexpr std::size_t slot_size = 1024;
using Slot = std::array<std::byte, slot_size>;

// A control group outlives the runs in it: what it had counted when the present one began.
struct GroupCounts {
    std::uint64_t oom_kills = 0;  // Those that have been told since are added.
    std::uint64_t cpu_us = 0;
    friend bool operator==(const GroupCounts&, const GroupCounts&) = default;
};

// What a slot remembers.
struct Record {
    std::string unit;
    std::uint32_t index = 0;
    // CLOCK_BOOTTIME right before the clone of the current run; with the pid it
    // names the process for good, as /proc tells when a process was started.
    std::int64_t cloned_ns = 0;
    std::uint32_t scaled = 0;      // core::Unit::scaled
    std::uint32_t autoscaled = 0;  // core::Unit::autoscaled
    bool other_group = false;      // The run is in the instance's other control group.
    GroupCounts counts;            // Of the run's control group.
    std::string said;              // STATUS= of the current run; its first 200 bytes.
    core::Instance instance;       // But for `timer`, which is a supervisor's own.
};

// Unit names are shorter than 256 bytes. When they leave too little room for
// the whole restart history, its oldest entries go; a spawn error is cut.
Slot encode_record(std::string_view unit, std::uint32_t index, const core::Instance& instance,
                   std::int64_t cloned_ns, std::string_view said = {}, std::uint32_t scaled = 0,
                   bool other_group = false, std::uint32_t autoscaled = 0,
                   const GroupCounts& counts = {});
// Empty for a free slot, a damaged one, or one of another version.
std::optional<Record> decode_record(std::span<const std::byte, slot_size> bytes);

// The first slot is about the file itself.
struct RecordsHeader {
    std::string boot;  // /proc/sys/kernel/random/boot_id
    core::RunId next_run =
        1;  // No run of this number or a higher one has been, but for those in slots.
    std::optional<std::int32_t> ending;  // superd stops, and is to exit with that.
    friend bool operator==(const RecordsHeader&, const RecordsHeader&) = default;
};
Slot encode_header(const RecordsHeader& header);
std::optional<RecordsHeader> decode_header(std::span<const std::byte, slot_size> bytes);

}  // namespace superd::turn
