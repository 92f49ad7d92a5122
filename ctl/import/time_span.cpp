#include "ctl/import/time_span.hpp"

#include "ctl/import/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace superctl::importing {

namespace {

struct Scale {
    std::string_view name;
    double seconds;
};
constexpr double minute = 60, hour = 3600, day = 86'400;
constexpr std::array scales{Scale{"", 1},
                            Scale{"s", 1},
                            Scale{"sec", 1},
                            Scale{"second", 1},
                            Scale{"seconds", 1},
                            Scale{"m", minute},
                            Scale{"min", minute},
                            Scale{"minute", minute},
                            Scale{"minutes", minute},
                            Scale{"h", hour},
                            Scale{"hr", hour},
                            Scale{"hour", hour},
                            Scale{"hours", hour},
                            Scale{"d", day},
                            Scale{"day", day},
                            Scale{"days", day},
                            Scale{"w", 7 * day},
                            Scale{"week", 7 * day},
                            Scale{"weeks", 7 * day},
                            Scale{"M", 30.44 * day},
                            Scale{"month", 30.44 * day},
                            Scale{"months", 30.44 * day},
                            Scale{"y", 365.25 * day},
                            Scale{"year", 365.25 * day},
                            Scale{"years", 365.25 * day},
                            Scale{"ms", 1e-3},
                            Scale{"msec", 1e-3},
                            Scale{"us", 1e-6},
                            Scale{"usec", 1e-6},
                            Scale{"µs", 1e-6},
                            Scale{"ns", 1e-9},
                            Scale{"nsec", 1e-9}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes "1.5" off the front.
std::optional<double> take_number(std::string_view& text) {
    double number = 0, place = 1;
    bool any = false, fraction = false;
    while (!text.empty() && (is_digit(text.front()) || (text.front() == '.' && !fraction))) {
        if (text.front() == '.') {
            fraction = true;
        } else if (fraction) {
            place /= 10;
            number += place * (text.front() - '0');
            any = true;
        } else {
            number = number * 10 + (text.front() - '0');
            any = true;
        }
        text.remove_prefix(1);
    }
    if (!any) return {};
    return number;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_time_span(std::string_view text) {
    text = trimmed(text);
    if (text == "infinity") return endless;
    constexpr double seconds_max = 9e9;
    double total = 0;
    bool any = false;
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number) return {};
        text = trimmed(text);
        std::size_t end = 0;
        while (end < text.size() && !is_digit(text[end]) && text[end] != ' ') ++end;
        const auto* const scale = std::ranges::find(scales, text.substr(0, end), &Scale::name);
        if (scale == scales.end()) return {};
        text = trimmed(text.substr(end));
        total += *number * scale->seconds;
        any = true;
        if (total > seconds_max) return {};
    }
    if (!any) return {};
    return std::chrono::nanoseconds{static_cast<std::int64_t>(std::llround(total * 1e9))};
}

}  // namespace superctl::importing
