// What the workers of hosted services work on: GET /v1/tasks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::wire {

// A coroutine or task that was given a name.
struct TaskStatus {
    std::uint64_t id = 0;
    std::string name;
    std::string file;  // Where it was begun.
    std::uint32_t line = 0;
    std::string state;  // "suspended", "running" or "cancelled"
    double age = 0;     // Seconds.
    std::optional<double> state_age;
    std::uint32_t slot = 0;
    std::vector<std::string> lints;  // What is suspicious: "has not yielded for 120 ms"
};

// A thread, or an event loop.
struct TaskSlot {
    std::uint32_t slot = 0;
    std::string kind;  // "loop", "thread" or "process"
    std::int32_t tid = 0;
    std::uint64_t done = 0, live = 0;
    double lag = 0, lag_worst = 0;  // Seconds that its beats were late.
    std::optional<double> beat_age;
    std::string task;                // What it works on now; empty: nothing that has a name.
    std::optional<double> task_age;  // Empty: it is idle.
    std::vector<std::string> lints;
};

struct WorkerTasks {
    std::string unit;
    std::uint32_t index = 0, instances = 1;
    std::string state;  // As in status.
    std::optional<std::int32_t> pid;
    bool hosted = false;  // It has a page; else there is nothing to tell of it.
    std::vector<TaskSlot> slots;
    std::vector<TaskStatus> tasks;
    std::uint64_t begun = 0;     // Since the worker began.
    std::uint64_t lost = 0;      // That found no place in the list.
    std::uint64_t left_out = 0;  // That are listed but not told here: there are too many.
};

struct Tasks {
    std::vector<WorkerTasks> workers;
};

std::string serialize(const Tasks& tasks);

// Throws boost::system::system_error on what is not of the shape.
Tasks parse_tasks(std::string_view text);

}  // namespace superd::wire
