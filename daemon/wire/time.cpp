#include "wire/time.hpp"

#include <array>
#include <chrono>

namespace superd::wire {

namespace {

namespace chrono = std::chrono;

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t day_seconds = 86'400;

void put(char* at, int digits, std::int64_t number) {
    for (int i = digits - 1; i >= 0; --i) {
        at[i] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
}

// Takes fixed-width numbers and separators off the front of a text.
struct Scanner {
    std::string_view rest;
    bool good = true;

    std::int64_t number(std::size_t digits) {
        if (rest.size() < digits) good = false;
        std::int64_t value = 0;
        for (std::size_t i = 0; good && i < digits; ++i) {
            if (rest[i] < '0' || rest[i] > '9') good = false;
            value = value * 10 + (rest[i] - '0');
        }
        if (good) rest.remove_prefix(digits);
        return good ? value : 0;
    }
    bool take(char wanted) {
        if (rest.empty() || rest.front() != wanted) return false;
        rest.remove_prefix(1);
        return true;
    }
    void expect(char wanted) {
        if (good && !take(wanted)) good = false;
    }
    std::int64_t fraction_ns() {
        std::int64_t value = 0, unit = second_ns / 10;
        std::size_t digits = 0;
        while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9' && digits < 9) {
            value += (rest.front() - '0') * unit;
            unit /= 10;
            rest.remove_prefix(1);
            ++digits;
        }
        if (digits == 0) good = false;
        return value;
    }
    std::int64_t offset_seconds() {
        if (take('Z') || take('z')) return 0;
        const bool minus = take('-');
        if (!minus) expect('+');
        const auto hours = number(2);
        expect(':');
        const auto minutes = number(2);
        if (hours > 23 || minutes > 59) good = false;
        return (hours * 3600 + minutes * 60) * (minus ? -1 : 1);
    }
};

}  // namespace

std::string format_time(std::int64_t realtime_ns) {
    const auto since = chrono::floor<chrono::microseconds>(chrono::nanoseconds{realtime_ns});
    const auto day = chrono::floor<chrono::days>(since);
    const chrono::year_month_day date{chrono::sys_days{day}};
    const chrono::hh_mm_ss clock{since - day};

    std::string text = "0000-00-00T00:00:00.000000Z";
    put(text.data(), 4, int{date.year()});
    put(text.data() + 5, 2, unsigned{date.month()});
    put(text.data() + 8, 2, unsigned{date.day()});
    put(text.data() + 11, 2, clock.hours().count());
    put(text.data() + 14, 2, clock.minutes().count());
    put(text.data() + 17, 2, clock.seconds().count());
    put(text.data() + 20, 6, clock.subseconds().count());
    return text;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    Scanner scan{text};
    const auto year = scan.number(4);
    scan.expect('-');
    const auto month = scan.number(2);
    scan.expect('-');
    const auto day = scan.number(2);
    if (!scan.take('T') && !scan.take('t') && !scan.take(' ')) return {};
    const auto hour = scan.number(2);
    scan.expect(':');
    const auto minute = scan.number(2);
    scan.expect(':');
    const auto second = scan.number(2);
    const auto fraction = scan.good && scan.take('.') ? scan.fraction_ns() : 0;
    const auto offset = scan.offset_seconds();

    const chrono::year_month_day date{chrono::year{static_cast<int>(year)},
                                      chrono::month{static_cast<unsigned>(month)},
                                      chrono::day{static_cast<unsigned>(day)}};
    if (!scan.good || !scan.rest.empty() || !date.ok()) return {};
    if (hour > 23 || minute > 59 || second > 60) return {};
    if (year < 1970 || year > 2261) return {};  // Outside, nanoseconds overflow.
    const auto days = chrono::sys_days{date}.time_since_epoch().count();
    const auto seconds = days * day_seconds + hour * 3600 + minute * 60 + second - offset;
    return seconds * second_ns + fraction;
}

}  // namespace superd::wire
