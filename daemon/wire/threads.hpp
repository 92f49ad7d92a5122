// The threads of instances: GET /v1/threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::wire {

// What the thread of a hosted service says of itself.
struct SlotStatus {
    std::string kind;                // "loop", "thread" or "process"
    std::optional<double> beat_age;  // Seconds since its last sign of life.
    std::string task;                // What it works on: "GET /x"; empty: it told no name.
    std::optional<double> task_age;  // Seconds it has worked on it; empty: it is idle.
};

struct ThreadStatus {
    std::int32_t pid = 0, tid = 0;
    std::string name;
    std::string state;  // A letter, as proc(5) has it: "R", "S", "D", "T", "Z"
    // Of one processor, in the time of the sample. Empty: the thread is new, or nothing was
    // sampled.
    std::optional<double> cpu_percent;
    std::optional<double> wait_percent;  // It could have run, and had no processor.
    double cpu_time = 0, wait_time = 0;  // Seconds, in its whole life.
    std::int32_t processor = -1;         // On which it ran last.
    std::string wait_channel;  // The kernel's function in which it sleeps; empty: not known.
    std::string system_call;   // "futex"; empty: in none, or not known.
    std::optional<SlotStatus> slot;
};

struct InstanceThreads {
    std::string unit;
    std::uint32_t index = 0, instances = 1;  // Which of how many.
    std::string state;                       // As in status.
    std::uint32_t processes = 0;
    std::vector<ThreadStatus> threads;  // The main process' first.
    std::uint64_t left_out = 0;         // Threads that were not looked at: there are too many.
};

struct Threads {
    double sample = 0;  // Seconds over which was measured.
    std::vector<InstanceThreads> instances;
};

std::string serialize(const Threads& threads);

// Throws boost::system::system_error on what is not of the shape.
Threads parse_threads(std::string_view text);

}  // namespace superd::wire
