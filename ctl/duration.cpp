#include "ctl/duration.hpp"

#include "ctl/moment.hpp"
#include "wire/time.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace superctl {

namespace {

constexpr double milliseconds_max = 10.0 * 366 * 86'400'000;

struct Unit {
    std::string_view name;
    double milliseconds;
};
constexpr std::array units{Unit{"ms", 1},     Unit{"s", 1000},      Unit{"min", 60'000},
                           Unit{"m", 60'000}, Unit{"h", 3'600'000}, Unit{"d", 86'400'000},
                           Unit{"", 1000}};

std::string two(std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string one_decimal(double number) {
    std::array<char, 48> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                   std::chars_format::fixed, 1)
                         .ptr;
    return {digits.data(), end};
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text.empty()) return {};
    double total = 0;
    for (bool first = true; !text.empty(); first = false) {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number,
                                                  std::chars_format::fixed);
        if (error != std::errc{} || !(number >= 0)) return {};
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const auto name = text.substr(0, text.find_first_of("0123456789. "));
        const Unit* found = nullptr;
        for (const auto& unit : units) {
            if (unit.name == name) found = &unit;
        }
        if (found == nullptr) return {};
        total += number * found->milliseconds;
        text.remove_prefix(name.size());
        if (name.empty() && !(first && text.empty())) return {};  // "5s3": of what?
        if (text.size() > 1 && text.front() == ' ') text.remove_prefix(1);
    }
    if (!(total <= milliseconds_max)) return {};
    return std::chrono::milliseconds{std::llround(total)};
}

std::optional<std::string> since_parameter(std::string_view text) {
    if (superd::wire::parse_time(text)) return std::string{text};
    if (const auto ago = parse_duration(text)) return format_seconds(*ago);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    const auto moment = parse_moment(text, now_ns);
    if (!moment) return {};
    return superd::wire::format_time(*moment);
}

std::string format_duration(std::chrono::milliseconds time) {
    const auto ms = std::max<std::int64_t>(time.count(), 0);
    if (ms < 1000) return std::to_string(ms) + "ms";
    if (ms < 60'000) return one_decimal(static_cast<double>(ms - ms % 100) / 1000) + "s";
    const auto seconds = ms / 1000;
    if (seconds < 3600) return std::to_string(seconds / 60) + "m " + two(seconds % 60) + "s";
    if (seconds < 86'400) {
        return std::to_string(seconds / 3600) + "h " + two(seconds / 60 % 60) + "m";
    }
    return std::to_string(seconds / 86'400) + "d " + std::to_string(seconds / 3600 % 24) + "h";
}

std::string format_bytes(std::uint64_t bytes) {
    if (bytes < 1000) return std::to_string(bytes) + " B";
    constexpr std::array<std::string_view, 4> names{" kB", " MB", " GB", " TB"};
    double amount = static_cast<double>(bytes) / 1000;
    std::size_t i = 0;
    while (amount >= 999.95 && i + 1 < names.size()) {
        amount /= 1000;
        ++i;
    }
    return one_decimal(amount) + std::string{names[i]};
}

std::string format_seconds(std::chrono::milliseconds time) {
    std::array<char, 48> digits;
    const double seconds = static_cast<double>(time.count()) / 1000;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), seconds,
                                   std::chars_format::fixed)
                         .ptr;
    return {digits.data(), end};
}

}  // namespace superctl
