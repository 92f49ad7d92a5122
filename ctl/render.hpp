// Tables and pages for people.
#pragma once

#include "ctl/output.hpp"
#include "wire/status.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace superctl {

// NAME STATE PID SINCE RESTARTS REASON, a line a unit. `columns`: of the
// terminal, to which the reason is cut; 0: not at all.
std::string render_table(const superd::wire::Summary& summary, const Style& style,
                         unsigned columns);

// All about each unit. `now_ns` is CLOCK_REALTIME's.
std::string render_status(const superd::wire::Status& status, const Style& style,
                          std::int64_t now_ns);

// One line of the journal as a line of text, or several where it has lines of its own.
std::string render_event(std::string_view json_line);

// "exit 1", "SIGSEGV (core dumped)", "an unknown status".
std::string render_exit(std::optional<int> code, const std::optional<std::string>& signal,
                        bool core, bool oom);

}  // namespace superctl
