// What started when, and what waited on what, from the journal's events.
#pragma once

#include "ctl/output.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace superctl {

struct Span {
    std::string state;                // waiting, starting, ready, stopping or backoff
    std::int64_t begin = 0, end = 0;  // CLOCK_REALTIME, ns.
    std::string on;                   // waiting: the unit that it waited on, if that is known.
};

struct TimelineRow {
    std::string name;  // "web", or "api/1"
    std::vector<Span> spans;
    std::vector<std::int64_t> deaths;
};

struct Timeline {
    std::int64_t begin = 0, end = 0;
    std::vector<TimelineRow> rows;  // As they come in; together: by name.
};

// From the lines of events; what is no event is passed over.
Timeline make_timeline(std::string_view events);

// A line a row, its bar within `columns` in all. Empty without rows.
std::string render_timeline(const Timeline& timeline, unsigned columns, bool ascii,
                            const Style& style);

// A drawing that needs nothing beside itself.
std::string timeline_svg(const Timeline& timeline);

}  // namespace superctl
