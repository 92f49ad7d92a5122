#include "config/moments.hpp"

#include "base/nearest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace superd::config {

namespace {

constexpr std::array<std::string_view, 7> weekdays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 4> kinds{"hourly", "daily", "weekly", "monthly"};

using Kind = core::CalendarRule::Kind;

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

// A number of one or two digits.
std::optional<int> two_digits(std::string_view text) {
    int number = 0;
    if (text.empty() || text.size() > 2) return {};
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{} || end != last || number < 0) return {};
    return number;
}

// "HH:MM" or "HH:MM:SS"; of the hour ":MM" or ":MM:SS".
std::optional<std::int32_t> second_of(std::string_view text, bool of_hour) {
    std::array<int, 3> parts{};
    std::size_t count = 0;
    if (of_hour) {
        if (!text.starts_with(':')) return {};
        text.remove_prefix(1);
        count = 1;
    }
    const std::size_t first = count;
    for (bool more = true; more; ++count) {
        if (count == parts.size()) return {};
        const auto colon = std::min(text.find(':'), text.size());
        const auto number = two_digits(text.substr(0, colon));
        const bool both_digits = count == 0 || colon == 2;  // 3:00 is a time, 03:5 is none.
        if (!number || !both_digits || *number > (count == 0 ? 23 : 59)) return {};
        parts[count] = *number;
        more = colon < text.size();
        text.remove_prefix(std::min(colon + 1, text.size()));
    }
    const std::size_t least = of_hour ? first + 1 : 2;
    if (count < least) return {};
    return (parts[0] * 60 + parts[1]) * 60 + parts[2];
}

std::string bad_time(std::string_view text, bool of_hour) {
    return fmt::format("\"{}\" is no time {}; write {}", text, of_hour ? "of an hour" : "of a day",
                       of_hour ? "\":15\" or \":15:30\"" : "\"03:00\" or \"03:00:30\"");
}

std::optional<std::size_t> weekday(std::string_view name) {
    const auto* const found = std::ranges::find(weekdays, name);
    if (found == weekdays.end()) return {};
    return static_cast<std::size_t>(found - weekdays.begin());
}

bool looks_like_days(std::string_view word) {
    return std::ranges::any_of(weekdays, [&](auto day) { return word.starts_with(day); });
}

// "mon", "mon,wed", "mon..fri", "fri..mon"
Parsed<std::uint8_t> days_of(std::string_view text) {
    std::uint8_t days = 0;
    while (true) {
        const auto comma = std::min(text.find(','), text.size());
        const auto part = text.substr(0, comma);
        const auto dots = part.find("..");
        const auto from = weekday(part.substr(0, std::min(dots, part.size())));
        const auto to = dots == part.npos ? from : weekday(part.substr(dots + 2));
        if (!from || !to) {
            return std::unexpected{
                fmt::format("\"{}\" is no day of the week; use mon, tue, wed, thu, fri, sat, sun, "
                            "several with commas between them, or mon..fri",
                            part)};
        }
        for (auto day = *from;; day = (day + 1) % weekdays.size()) {
            days |= static_cast<std::uint8_t>(1u << day);
            if (day == *to) break;
        }
        if (comma == text.size()) return days;
        text.remove_prefix(comma + 1);
    }
}

Parsed<core::CalendarRule> with_time(core::CalendarRule rule,
                                     const std::vector<std::string_view>& words, std::size_t at) {
    const bool of_hour = rule.kind == Kind::hourly;
    if (words.size() > at + 1) {
        return std::unexpected{
            fmt::format("\"{}\" is too much; write one moment a string, and "
                        "several as an array",
                        words[at + 1])};
    }
    if (words.size() == at) return rule;
    const auto second = second_of(words[at], of_hour);
    if (!second) return std::unexpected{bad_time(words[at], of_hour)};
    rule.second = *second;
    return rule;
}

Parsed<core::CalendarRule> monthly(const std::vector<std::string_view>& words) {
    const auto wrong = [] {
        return std::unexpected{
            std::string{"monthly needs a day from 1 to 31, or last; write \"monthly 1 04:30\""}};
    };
    if (words.size() < 2) return wrong();
    core::CalendarRule rule{.kind = Kind::monthly};
    if (words[1] != "last") {
        const auto day = two_digits(words[1]);
        if (!day || *day < 1 || *day > 31) return wrong();
        rule.day = static_cast<std::uint8_t>(*day);
    }
    return with_time(rule, words, 2);
}

Parsed<core::CalendarRule> on_days(const std::vector<std::string_view>& words, std::size_t at) {
    const auto days = days_of(words[at]);
    if (!days) return std::unexpected{days.error()};
    return with_time({.kind = Kind::daily, .weekdays = *days}, words, at + 1);
}

}  // namespace

Parsed<core::CalendarRule> parse_moments(std::string_view text) {
    const auto words = words_of(text);
    const auto expected = fmt::format("expected a moment such as {}", moments_examples);
    if (words.empty()) return std::unexpected{"it is empty; " + expected};
    const auto first = words[0];
    if (first == "hourly") return with_time({.kind = Kind::hourly}, words, 1);
    if (first == "daily") return with_time({.kind = Kind::daily}, words, 1);
    if (first == "monthly") return monthly(words);
    if (first == "weekly" && words.size() < 2) {
        return std::unexpected{"weekly needs a day; write \"weekly mon 03:00\""};
    }
    if (first == "weekly") return on_days(words, 1);
    if (looks_like_days(first) && words.size() > 1) return on_days(words, 0);
    if (looks_like_days(first)) {
        return std::unexpected{fmt::format("a time is missing; write \"{} 03:00\"", text)};
    }
    if (second_of(first, false)) {
        return std::unexpected{fmt::format("which days is not said; write \"daily {}\"", text)};
    }
    const auto meant = nearest(first, kinds);
    return std::unexpected{
        meant ? fmt::format("\"{}\" is no way to repeat; did you mean {}?", first, *meant)
              : expected};
}

bool check_moments(const Value& value, const Refuse& refuse) {
    constexpr std::size_t moments_max = 64;
    const auto check = [&](const std::string& path, const Value& one) {
        const auto* text = one.as<std::string>();
        const auto read =
            text != nullptr
                ? parse_moments(*text)
                : std::unexpected{fmt::format("expected a string such as \"daily 03:00\", not {}",
                                              type_name(one))};
        if (!read) refuse(path, one, read.error());
        return read.has_value();
    };
    const auto* array = value.as<Array>();
    if (array == nullptr) return check("", value);
    if (array->empty() || array->size() > moments_max) {
        refuse("", value, array->empty() ? "it is empty" : "more than 64 moments");
        return false;
    }
    bool good = true;
    for (std::size_t i = 0; i < array->size(); ++i) {
        good = check(fmt::format("[{}]", i), (*array)[i]) && good;
    }
    return good;
}

}  // namespace superd::config
