#include "config/check_quantity.hpp"

#include "config/quantity.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace superd::config {

namespace {

std::string seconds_text(double seconds) {
    return to_text(Nanoseconds{static_cast<std::int64_t>(seconds * 1e9)});
}

}  // namespace

std::string expected(std::string_view what, const Value& value) {
    return fmt::format("expected {}, not {}", what, type_name(value));
}

Cause check_integer(const Key& key, const Value& value) {
    const auto* integer = value.as<std::int64_t>();
    if (integer == nullptr) return expected("an integer", value);
    const auto least = static_cast<std::int64_t>(key.minimum);
    const auto most = static_cast<std::int64_t>(key.maximum);
    if (*integer >= least && *integer <= most) return {};
    return fmt::format("expected a number from {} to {}", least, most);
}

Cause check_number(const Key& key, const Value& value) {
    const auto* integer = value.as<std::int64_t>();
    const auto* number = value.as<double>();
    if (integer == nullptr && number == nullptr) return expected("a number", value);
    const double given = integer != nullptr ? static_cast<double>(*integer) : *number;
    if (given >= key.minimum && given <= key.maximum) return {};  // NaN is neither.
    return fmt::format("expected a number from {} to {}", key.minimum, key.maximum);
}

Cause check_duration(const Key& key, const Value& value) {
    if (value.as<std::int64_t>() != nullptr || value.as<double>() != nullptr) {
        return fmt::format("a duration is a string with a unit; write \"{}s\"", shown(value));
    }
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("a string such as \"10s\"", value);
    if (*text == "infinity" || *text == "inf" || *text == "infinite" || *text == "never") {
        return fmt::format("there is no endless time here; {}",
                           !key.instead.empty()
                               ? std::string{key.instead}
                               : fmt::format("write the longest you mean, up to \"{}\"",
                                             seconds_text(key.maximum)));
    }
    const auto duration = parse_duration(*text);
    if (!duration) return duration.error();
    const double seconds = std::chrono::duration<double>(*duration).count();
    if (seconds < key.minimum) {
        return fmt::format("expected at least \"{}\"", seconds_text(key.minimum));
    }
    if (seconds > key.maximum) {
        return fmt::format("expected at most \"{}\"", seconds_text(key.maximum));
    }
    return {};
}

Cause check_size(const Key& key, const Value& value) {
    if (value.as<std::int64_t>() != nullptr) {
        return fmt::format("a size is a string with a unit; write \"{}B\"", shown(value));
    }
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("a string such as \"10MiB\"", value);
    if (*text == "infinity") return fmt::format("there is no endless size; {}", key.instead);
    const auto size = parse_size(*text);
    if (!size) return size.error();
    if (static_cast<double>(*size) < key.minimum) {
        return fmt::format("expected at least {:.0f} bytes", key.minimum);
    }
    if (static_cast<double>(*size) > key.maximum) return "it is too large";
    return {};
}

Cause check_size_limit(const Key& key, const Value& value) {
    const auto* text = value.as<std::string>();
    if (text != nullptr && *text == "unlimited") return {};
    if (text != nullptr && *text == "infinity") return "write \"unlimited\" for no limit";
    return check_size(key, value);
}

Cause check_count_limit(const Key& key, const Value& value) {
    const auto* text = value.as<std::string>();
    if (text == nullptr && value.as<std::int64_t>() == nullptr) {
        return expected("a number or \"unlimited\"", value);
    }
    if (text == nullptr) return check_integer(key, value);
    if (*text == "unlimited") return {};
    if (*text == "infinity") return "write \"unlimited\" for no limit";
    const bool number = !text->empty() && std::ranges::all_of(*text, [](unsigned char c) {
        return std::isdigit(c) != 0;
    });
    if (number) return fmt::format("a number stands without quotes; write {}", *text);
    return "expected a number or \"unlimited\"";
}

Cause check_quota(const Key& key, const Value& value) {
    const auto* text = value.as<std::string>();
    const bool is_number = value.as<std::int64_t>() != nullptr || value.as<double>() != nullptr;
    if (is_number) return check_number(key, value);
    if (text == nullptr)
        return expected("a number of processors or a string such as \"150%\"", value);
    if (*text == "infinity") return "leave it out for no limit";
    const auto percent = parse_percent(*text);
    if (!percent) return percent.error();
    if (*percent >= key.minimum * 100 && *percent <= key.maximum * 100) return {};
    return fmt::format("expected \"{}%\" to \"{}%\"", key.minimum * 100, key.maximum * 100);
}

Cause check_rate(const Key& key, const Value& value) {
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("a string such as \"10 in 1min\"", value);
    if (*text == "infinity") return "leave it out for no limit";
    const auto rate = parse_rate(*text);
    if (!rate) return rate.error();
    if (rate->count < key.minimum || rate->count > key.maximum) {
        return fmt::format("expected {:.0f} to {:.0f} times", key.minimum, key.maximum);
    }
    if (rate->window.count() == 0) return "the time must be longer than nothing";
    // Added to a moment, a longer one may be more than nanoseconds can count.
    constexpr std::chrono::days longest{365};
    if (rate->window > longest) {
        return fmt::format("the time is longer than \"{}\"; leave it out for no limit",
                           to_text(longest));
    }
    return {};
}

}  // namespace superd::config
