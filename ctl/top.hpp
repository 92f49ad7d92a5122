// What instances use, as it changes.
#pragma once

#include "ctl/output.hpp"
#include "wire/status.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace superctl {

struct TopRow {
    std::string name;  // "api/2"; of a unit with one instance "web".
    std::string unit, state;
    std::uint32_t index = 0, restarts = 0;
    std::optional<std::int32_t> pid;
    std::optional<double> cpu;  // Percent of one processor, since the look before.
    std::optional<std::uint64_t> memory, tasks;
};

// Two looks make a figure: how much processor time has gone in between.
class Top {
public:
    // Of the instances now, those that use most first.
    std::vector<TopRow> take(const superd::wire::Status& status, std::chrono::nanoseconds at);

private:
    struct Look {
        std::uint64_t run = 0;
        double cpu = 0;
    };
    std::map<std::pair<std::string, std::uint32_t>, Look> before_;
    std::chrono::nanoseconds at_{};
};

// A line of sums, then NAME STATE PID CPU% MEMORY TASKS RESTARTS, at most `lines` in all, each cut
// to `columns`; 0: all.
std::string render_top(const std::vector<TopRow>& rows, const Style& style, std::size_t lines,
                       std::size_t columns);
std::string top_as_json(const std::vector<TopRow>& rows);

}  // namespace superctl
