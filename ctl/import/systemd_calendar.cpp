#include "ctl/import/systemd_calendar.hpp"

#include "ctl/import/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace superctl::importing {

namespace {

// More moments than anybody writes, and fewer than would be read by nobody.
constexpr std::size_t moments_max = 64;

struct Shorthand {
    std::string_view name, meaning;
};
constexpr std::array shorthands{
    Shorthand{"minutely", "*-*-* *:*:00"}, Shorthand{"hourly", "*-*-* *:00:00"},
    Shorthand{"daily", "*-*-* 00:00:00"}, Shorthand{"weekly", "Mon *-*-* 00:00:00"},
    Shorthand{"monthly", "*-*-01 00:00:00"}};

constexpr std::array<std::string_view, 7> days{"monday", "tuesday",  "wednesday", "thursday",
                                               "friday", "saturday", "sunday"};

// "*", or the numbers that are meant: "6,18", "0/15", "8..10".
struct Field {
    bool any = false;
    std::vector<int> numbers;
};

bool take_range(std::string_view part, int last, std::vector<int>& into) {
    int step = 0;
    if (const auto slash = part.find('/'); slash != part.npos) {
        const auto number = parse_number(part.substr(slash + 1));
        if (!number || *number < 1 || *number > last) return false;
        step = static_cast<int>(*number);
        part = part.substr(0, slash);
    }
    const auto dots = part.find("..");
    const auto from =
        part == "*" ? std::optional<std::int64_t>{0} : parse_number(part.substr(0, dots));
    auto to = from;
    if (dots != part.npos) to = parse_number(part.substr(dots + 2));
    if (step != 0 && dots == part.npos) to = last;
    if (!from || !to || *from < 0 || *to > last || *from > *to) return false;
    for (auto each = *from; each <= *to; each += std::max(step, 1)) {
        into.push_back(static_cast<int>(each));
    }
    return true;
}

std::optional<Field> parse_field(std::string_view text, int last) {
    Field field;
    if (text == "*") {
        field.any = true;
        return field;
    }
    for (const auto part : parts_of(text, ',')) {
        if (!take_range(part, last, field.numbers)) return {};
    }
    return field;
}

// Three letters or the whole name: "monthly" is no Monday.
std::optional<std::string> day_of(std::string_view text) {
    const auto name = lowered(text);
    const auto* const full = std::ranges::find(days, name);
    const auto is_short = [&](std::string_view day) { return day.substr(0, 3) == name; };
    const auto* const day = full != days.end() ? full : std::ranges::find_if(days, is_short);
    if (day == days.end()) return {};
    return std::string{day->substr(0, 3)};
}

// "Mon..Fri", "Sat,Sun": as superd writes them.
std::optional<std::string> parse_days(std::string_view text) {
    std::string out;
    for (const auto part : parts_of(text, ',')) {
        if (!out.empty()) out += ',';
        const auto dots = part.find("..");
        const auto first = day_of(part.substr(0, dots));
        if (!first) return {};
        out += *first;
        if (dots == part.npos) continue;
        const auto last = day_of(part.substr(dots + 2));
        if (!last) return {};
        out += ".." + *last;
    }
    return out;
}

std::string two(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

struct Time {
    Field hours, minutes, seconds;
};

std::optional<Time> parse_time(std::string_view text) {
    const auto parts = parts_of(text, ':');
    if (parts.size() < 2 || parts.size() > 3) return {};
    const auto hours = parse_field(parts[0], 23);
    const auto minutes = parse_field(parts[1], 59);
    const auto seconds = parse_field(parts.size() == 3 ? parts[2] : "0", 59);
    // Every minute, or every second, is an interval and no moment.
    if (!hours || !minutes || !seconds || minutes->any || seconds->any) return {};
    return Time{*hours, *minutes, *seconds};
}

std::vector<std::string> moments_of(const std::string& head, const Time& time) {
    std::vector<std::string> all;
    const auto hours = time.hours.any ? std::vector{-1} : time.hours.numbers;
    for (const int hour : hours) {
        for (const int minute : time.minutes.numbers) {
            for (const int second : time.seconds.numbers) {
                if (all.size() == moments_max) return {};
                std::string text = hour < 0 ? "" : two(hour);
                text += ":" + two(minute);
                if (second != 0) text += ":" + two(second);
                all.push_back(head + " " + text);
            }
        }
    }
    return all;
}

// "daily", "mon..fri", "monthly 1": what goes before the times; empty: superd has no such word.
std::vector<std::string> heads_of(std::string_view date, const std::string& weekdays) {
    const auto parts = parts_of(date, '-');
    if (parts.size() < 2 || parts.size() > 3) return {};
    const auto month = parts[parts.size() - 2], day = parts.back();
    if ((parts.size() == 3 && parts[0] != "*") || month != "*") return {};
    if (day == "*") return {weekdays.empty() ? "daily" : weekdays};
    const auto field = parse_field(day, 31);
    if (!field || !weekdays.empty()) return {};
    std::vector<std::string> heads;
    for (const int number : field->numbers) {
        if (number == 0) return {};
        heads.push_back("monthly " + std::to_string(number));
    }
    return heads;
}

}  // namespace

Calendar translate_calendar(std::string_view text) {
    Calendar calendar;
    auto words = words_of(text);
    if (words.size() > 1 && (lowered(words.back()) == "utc" || words.back() == "Z")) {
        calendar.utc = true;
        words.pop_back();
    }
    if (words.size() == 1) {
        const auto* const known =
            std::ranges::find(shorthands, lowered(words.front()), &Shorthand::name);
        if (known != shorthands.end()) words = words_of(known->meaning);
    }
    std::string weekdays;
    std::string_view date = "*-*-*", clock = "00:00";
    std::size_t at = 0;
    if (at < words.size()) {
        if (const auto found = parse_days(words[at])) {
            weekdays = *found;
            ++at;
        }
    }
    if (at < words.size() && words[at].contains('-')) date = words[at++];
    if (at < words.size() && words[at].contains(':')) clock = words[at++];
    const auto time = parse_time(clock);
    if (words.empty() || at != words.size() || !time) return calendar;
    for (const auto& head : heads_of(date, weekdays)) {
        if (time->hours.any && head != "daily") return {{}, calendar.utc};
        for (auto& each : moments_of(time->hours.any ? "hourly" : head, *time)) {
            calendar.moments.push_back(std::move(each));
        }
    }
    if (calendar.moments.size() > moments_max) calendar.moments.clear();
    return calendar;
}

}  // namespace superctl::importing
