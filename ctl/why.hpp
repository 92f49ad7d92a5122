// Explanations as a colleague would give them.
#pragma once

#include "ctl/output.hpp"
#include "wire/explanation.hpp"

#include <cstdint>
#include <string>

namespace superctl {

// A paragraph for each link of the chain, the root last, then what to do.
// `now_ns` is CLOCK_REALTIME's; moments are told in the local time zone.
std::string render_why(const superd::wire::Explanation& explanation, const Style& style,
                       std::int64_t now_ns);

}  // namespace superctl
