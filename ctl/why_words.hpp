// The small words of an explanation.
#pragma once

#include "wire/explanation.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace superctl {

// "web", or "api/2" of several.
std::string name_of(const superd::wire::Link& link);

// "10:02:11", with the date if that is not today's; the text itself if it is no moment.
std::string clock_time(std::string_view moment, std::int64_t now_ns);
// "since 10:02:11 (3.0s)"; empty for one that is not known.
std::string since_text(std::string_view moment, std::int64_t now_ns);
// "in 1.2s", or "now" for what is past.
std::string until_text(std::string_view moment, std::int64_t now_ns);

// "It ended with exit 1 at 10:02:11, after 340ms; the third like it within 2m 00s."
// Empty if no run of it has ended.
std::string last_death(const superd::wire::Link& link, std::int64_t now_ns);

// "its pre-stop hook runs (hooks.pre-stop), and is killed if it has not ended in 27s"
std::string hook_at_work(const superd::wire::Link& link, std::int64_t now_ns);

// "root asked to stop it at 10:02:11 (`superctl stop`)": the command, if it is this action.
std::string who_asked(const superd::wire::Link& link, std::string_view action, std::int64_t now_ns);

}  // namespace superctl
