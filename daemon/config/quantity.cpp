#include "config/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace superd::config {

namespace {

struct Scale {
    std::string_view name;
    std::int64_t value;
};

constexpr std::array durations{Scale{"d", 86'400'000'000'000}, Scale{"h", 3'600'000'000'000},
                               Scale{"min", 60'000'000'000},   Scale{"s", 1'000'000'000},
                               Scale{"ms", 1'000'000},         Scale{"us", 1'000}};
constexpr std::array sizes{Scale{"GiB", 1 << 30}, Scale{"MiB", 1 << 20}, Scale{"KiB", 1 << 10},
                           Scale{"G", 1 << 30},   Scale{"M", 1 << 20},   Scale{"K", 1 << 10},
                           Scale{"B", 1}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void skip_spaces(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

// Takes "1.5" off the front of `text`.
std::optional<std::string_view> take_number(std::string_view& text) {
    std::size_t end = 0;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end > 0 && end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
        ++end;
        while (end < text.size() && is_digit(text[end])) ++end;
    }
    if (end == 0) return {};
    const auto number = text.substr(0, end);
    text.remove_prefix(end);
    return number;
}

std::string_view take_word(std::string_view& text) {
    std::size_t end = 0;
    while (end < text.size() && text[end] != ' ' && !is_digit(text[end])) ++end;
    const auto word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

// number × scale, exactly; nothing when that is more than fits.
std::optional<std::int64_t> scaled(std::string_view number, std::int64_t scale) {
    const auto whole_text = number.substr(0, number.find('.'));
    std::int64_t whole = 0;
    const auto [stop, error] =
        std::from_chars(whole_text.data(), whole_text.data() + whole_text.size(), whole);
    if (error != std::errc{}) return {};
    std::int64_t result = 0;
    if (__builtin_mul_overflow(whole, scale, &result)) return {};
    if (whole_text.size() == number.size()) return result;
    // What is finer than a billionth of the unit is nothing.
    constexpr std::size_t digits_max = 9;
    std::int64_t numerator = 0, denominator = 1;
    for (const char digit : number.substr(whole_text.size() + 1, digits_max)) {
        numerator = numerator * 10 + (digit - '0');
        denominator *= 10;
    }
    // scale / denominator first would lose what does not divide; the product may not fit.
    const auto part =
        scale / denominator * numerator + scale % denominator * numerator / denominator;
    if (__builtin_add_overflow(result, part, &result)) return {};
    return result;
}

// A unit as people write it elsewhere, and what it is called here.
std::string_view known_as(std::string_view word) {
    if (word == "m") return "min (minutes) or ms (milliseconds)";
    if (word == "M") return "min";
    if (word == "sec" || word == "secs" || word == "second" || word == "seconds") return "s";
    if (word == "mins" || word == "minute" || word == "minutes") return "min";
    if (word == "hr" || word == "hour" || word == "hours") return "h";
    if (word == "day" || word == "days") return "d";
    if (word == "msec" || word == "millis" || word == "milliseconds") return "ms";
    if (word == "usec" || word == "µs") return "us";
    return {};
}

std::string unknown_duration_unit(std::string_view word) {
    auto text = fmt::format("\"{}\" is no unit of time; use d, h, min, s, ms or us", word);
    if (const auto meant = known_as(word); !meant.empty()) {
        text = fmt::format("\"{}\" is no unit of time; write {}", word, meant);
    }
    if (word == "w" || word == "weeks" || word == "week") text += ", such as \"7d\"";
    return text;
}

constexpr std::string_view too_long = "it is longer than any duration superd can keep";

}  // namespace

Parsed<Nanoseconds> parse_duration(std::string_view text) {
    const std::string_view whole = text;
    if (whole.empty()) return std::unexpected{"it is empty; write a duration such as \"10s\""};
    if (whole.starts_with('-')) return std::unexpected{"a duration cannot be negative"};
    std::int64_t total = 0, scale_before = INT64_MAX;
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number) {
            return std::unexpected{
                "expected a duration such as \"100ms\", \"10s\" or \"1h 30min\""};
        }
        skip_spaces(text);
        const auto word = take_word(text);
        if (word.empty()) {
            return std::unexpected{
                fmt::format("a duration needs a unit; write \"{}s\" for seconds", *number)};
        }
        const auto scale = std::ranges::find(durations, word, &Scale::name);
        if (scale == durations.end()) return std::unexpected{unknown_duration_unit(word)};
        if (scale->value >= scale_before) {
            return std::unexpected{"each unit is written once, the largest first: \"1h 30min\""};
        }
        scale_before = scale->value;
        const auto part = scaled(*number, scale->value);
        if (!part || __builtin_add_overflow(total, *part, &total)) {
            return std::unexpected{std::string{too_long}};
        }
        skip_spaces(text);
    }
    return Nanoseconds{total};
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
    if (text.starts_with('-')) return std::unexpected{"a size cannot be negative"};
    const auto number = take_number(text);
    if (!number)
        return std::unexpected{"expected a size such as \"512KiB\", \"10MiB\" or \"1GiB\""};
    skip_spaces(text);
    if (text.empty()) {
        return std::unexpected{
            fmt::format("a size needs a unit; write \"{}B\" for bytes, or K, M, G", *number)};
    }
    const auto scale = std::ranges::find(sizes, text, &Scale::name);
    if (scale == sizes.end()) {
        return std::unexpected{fmt::format(
            "\"{}\" is no unit of size; use B, KiB, MiB or GiB (K, M, G mean the same)", text)};
    }
    const auto bytes = scaled(*number, scale->value);
    if (!bytes) return std::unexpected{"it is more bytes than can be counted"};
    return static_cast<std::uint64_t>(*bytes);
}

Parsed<double> parse_percent(std::string_view text) {
    constexpr double most = 1'000'000;
    const std::string_view whole = text;
    if (text.starts_with('-')) return std::unexpected{"a share of a processor cannot be negative"};
    const auto number = take_number(text);
    skip_spaces(text);
    if (!number || (text != "%" && !text.empty())) {
        return std::unexpected{"expected a number of processors such as 1.5, or \"150%\""};
    }
    if (text.empty()) {
        return std::unexpected{fmt::format(
            "a number of processors stands without quotes: {}; a share of one has a %: \"{}%\"",
            *number, whole)};
    }
    double value = 0;
    const auto [end, error] =
        std::from_chars(number->data(), number->data() + number->size(), value);
    if (error != std::errc{} || value > most) return std::unexpected{"it is too large"};
    return value;
}

Parsed<Rate> parse_rate(std::string_view text) {
    constexpr std::string_view form = "expected a number and a duration, such as \"10 in 1min\"";
    const auto number = take_number(text);
    skip_spaces(text);
    if (!number || number->contains('.') || !text.starts_with("in ")) {
        return std::unexpected{std::string{form}};
    }
    text.remove_prefix(3);
    skip_spaces(text);
    const auto count = scaled(*number, 1);
    const auto window = parse_duration(text);
    if (!window) return std::unexpected{window.error()};
    if (!count || *count > UINT32_MAX) return std::unexpected{"the number is too large"};
    return Rate{static_cast<std::uint32_t>(*count), *window};
}

std::string to_text(Nanoseconds duration) {
    auto left = duration.count();
    std::string text;
    for (const auto& scale : durations) {
        if (left < scale.value) continue;
        text += fmt::format("{}{}{}", text.empty() ? "" : " ", left / scale.value, scale.name);
        left %= scale.value;
    }
    return text.empty() ? "0s" : text;
}

}  // namespace superd::config
