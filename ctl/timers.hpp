// Units that run at set times.
#pragma once

#include "ctl/output.hpp"
#include "wire/status.hpp"

#include <cstdint>
#include <string>

namespace superctl {

// NAME NEXT LAST RESULT SCHEDULE, a line an instance; those due first come first.
std::string render_timers(const superd::wire::Status& status, const Style& style,
                          std::int64_t now_ns);

// {"schema":1,"timers":[...]}: the same for programs.
std::string timers_as_json(const superd::wire::Status& status);

}  // namespace superctl
