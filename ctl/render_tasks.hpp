// What workers work on, as a table.
#pragma once

#include "ctl/output.hpp"
#include "wire/tasks.hpp"

#include <string>

namespace superctl {

// A line a loop or thread, and below it one a coroutine or task that runs there.
std::string render_tasks(const superd::wire::Tasks& tasks, const Style& style);

// What the table does not show, in sentences: tasks that are too many, and, when units were
// `named`, those that have none. Empty: it shows all.
std::string untold_text(const superd::wire::Tasks& tasks, bool named);

}  // namespace superctl
