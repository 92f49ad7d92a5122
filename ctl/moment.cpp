#include "ctl/moment.hpp"

#include "ctl/duration.hpp"
#include "wire/time.hpp"

#include <array>
#include <charconv>
#include <ctime>

namespace superctl {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::tm local(std::int64_t ns) {
    const std::time_t seconds = ns / second_ns;
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

// Whole numbers with `separator` between them, "21:49:35": how many there were; 0 for anything
// else.
std::size_t split(std::string_view text, char separator, std::array<int, 3>& into) {
    for (std::size_t count = 0; count < into.size(); ++count) {
        const auto part = text.substr(0, text.find(separator));
        const auto* const end = part.data() + part.size();
        const auto [stop, error] = std::from_chars(part.data(), end, into[count]);
        if (part.empty() || part[0] == '-' || error != std::errc{} || stop != end) return 0;
        if (part.size() == text.size()) return count + 1;
        text.remove_prefix(part.size() + 1);
    }
    return 0;
}

std::optional<std::int64_t> of_day(std::tm day, std::string_view clock) {
    std::array<int, 3> time{};
    if (!clock.empty() && split(clock, ':', time) < 2) return {};
    if (time[0] > 23 || time[1] > 59 || time[2] > 59) return {};
    day.tm_hour = time[0];
    day.tm_min = time[1];
    day.tm_sec = time[2];
    day.tm_isdst = -1;  // As it was on that day.
    const std::tm wanted = day;
    const std::time_t seconds = ::mktime(&day);
    // The thirty-first of June became the first of July.
    if (seconds < 0 || (wanted.tm_mday > 0 && day.tm_mday != wanted.tm_mday)) return {};
    return std::int64_t{seconds} * second_ns;
}

std::optional<std::int64_t> before(std::string_view text, std::int64_t now_ns) {
    constexpr std::string_view ago = " ago";
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.ends_with(ago)) text.remove_suffix(ago.size());
    const auto distance = parse_duration(text);
    if (!distance) return {};
    return now_ns - distance->count() * 1'000'000;
}

}  // namespace

std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now_ns) {
    if (const auto moment = superd::wire::parse_time(text)) return moment;
    if (text == "now") return now_ns;
    std::tm day = local(now_ns);
    if (text == "today") return of_day(day, "");
    if (text == "yesterday") {
        --day.tm_mday;
        return of_day(day, "");
    }
    if (const auto moment = before(text, now_ns)) return moment;
    const auto space = text.find_first_of(" T");
    std::array<int, 3> date{};
    if (split(text.substr(0, space), '-', date) == 3) {
        if (date[0] < 1970 || date[0] > 2200 || date[1] < 1 || date[1] > 12 || date[2] < 1)
            return {};
        day.tm_year = date[0] - 1900;
        day.tm_mon = date[1] - 1;
        day.tm_mday = date[2];
        return of_day(day, space == text.npos ? "" : text.substr(space + 1));
    }
    return text.empty() ? std::nullopt : of_day(day, text);
}

}  // namespace superctl
