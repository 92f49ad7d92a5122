// Threads as a table.
#pragma once

#include "ctl/output.hpp"
#include "wire/threads.hpp"

#include <string>
#include <string_view>

namespace superctl {

// A line a thread. `sort`: "cpu", "wait", "time", "name", or empty for the order of the answer.
std::string render_threads(const superd::wire::Threads& threads, std::string_view sort,
                           const Style& style);

// What the table does not show: threads that are too many. Empty: it shows all.
std::string left_out_text(const superd::wire::Threads& threads);

}  // namespace superctl
