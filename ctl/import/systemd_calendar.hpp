// Calendar events of systemd.time(7) as superd's timers say them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

struct Calendar {
    std::vector<std::string> moments;  // "daily 03:00"; empty: superd has no words for it.
    bool utc = false;
};

// "daily", "Mon..Fri 12:30", "*-*-* 6,18:00", "*:0/15", "*-*-01 04:00 UTC".
Calendar translate_calendar(std::string_view text);

}  // namespace superctl::importing
