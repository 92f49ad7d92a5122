// What the logger knows of an instance and of its runs while they live: some
// hundred bytes each, for there may be thousands.
#pragma once

#include "logger/log_file.hpp"
#include "logger/protocol.hpp"
#include "os/fd.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>

#include <re2/re2.h>

namespace superd::logger {

// Which instance of which unit.
struct InstanceName {
    std::string unit;
    std::uint32_t index = 0;
    friend auto operator<=>(const InstanceName&, const InstanceName&) = default;
};

// From a write that failed to the first that succeeds again. Times are
// CLOCK_MONOTONIC nanoseconds.
struct Shortage {
    int error = 0;  // errno
    std::int64_t backoff = 0;
    std::int64_t retry_at = 0;
    std::uint64_t dropped = 0;  // Lines, not yet told in the log,
    std::uint64_t untold = 0;   // ... and to the supervisor.
    std::int64_t told_at = 0;
};

// One instance: its policy and its current file, which all its runs share.
struct Instance {
    const InstanceName* name = nullptr;
    Policy policy;
    LogFile file;  // Opened by the first line.
    std::unique_ptr<Shortage> shortage;
    std::int64_t trouble_at = 0;  // When a shortage last began; CLOCK_MONOTONIC, 0: never.
    std::uint32_t runs = 0;
};

// One run: its two FIFOs, out and err.
struct Run {
    std::uint64_t run = 0;
    std::int32_t pid = 0;
    bool closing = false;  // Closed is to be told once all is written.
    bool lines_since_tail = true;
    bool matched = false;
    Instance* instance = nullptr;
    std::array<os::Fd, 2> fifos;
    std::array<std::size_t, 2> given{};        // Bytes at the front that journald has already.
    std::array<std::uint8_t, 2> polls_left{};  // Of a busy FIFO; 0: it is watched.
    std::unique_ptr<re2::RE2> ready;           // Until the first line it matches.
    std::unique_ptr<std::string> label;        // Of a hook; null: the service itself.
};

}  // namespace superd::logger
