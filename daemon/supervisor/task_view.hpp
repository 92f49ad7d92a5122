// The tasks and slots of a worker, as the control API tells them.
#pragma once

#include "core/stall.hpp"
#include "supervisor/worker_page.hpp"
#include "wire/tasks.hpp"
#include "wire/threads.hpp"

#include <sys/types.h>

#include <cstddef>

namespace superd::supervisor {

// More tasks in one answer are counted, not told.
inline constexpr std::size_t tasks_told_max = 8192;

// Fills in what the page says of the worker that is process `pid`, with at most `max` tasks.
// Nothing, if the page is not its own.
void tell_tasks(const WorkerPage& page, pid_t pid, const core::StallRule& rule, std::size_t max,
                wire::WorkerTasks& out);

// Adds to each thread of process `pid` what its slot says.
void tell_slots(const WorkerPage& page, pid_t pid, wire::InstanceThreads& out);

}  // namespace superd::supervisor
