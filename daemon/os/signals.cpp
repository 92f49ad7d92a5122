#include "os/signals.hpp"

#include <signal.h>

#include <charconv>
#include <cstring>

namespace superd::os {
namespace {

std::optional<int> parse_number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<int> valid(std::optional<int> number) {
    return number && *number >= 1 && *number <= SIGRTMAX ? number : std::nullopt;
}

// "RTMIN", "RTMIN+3", "RTMAX-1"; the sign leads away from the named end.
std::optional<int> realtime_number(std::string_view name) {
    const bool from_minimum = name.starts_with("RTMIN");
    if (!from_minimum && !name.starts_with("RTMAX")) return std::nullopt;
    const int base = from_minimum ? SIGRTMIN : SIGRTMAX;
    name.remove_prefix(5);
    if (name.empty()) return base;
    if (name[0] != (from_minimum ? '+' : '-')) return std::nullopt;
    const auto distance = parse_number(name.substr(1));
    if (!distance || *distance < 0 || *distance > SIGRTMAX - SIGRTMIN) return std::nullopt;
    return from_minimum ? base + *distance : base - *distance;
}

std::string capitals(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

}  // namespace

std::optional<int> signal_number(std::string_view name) {
    if (const auto number = parse_number(name)) return valid(number);
    const std::string upper = capitals(name);
    std::string_view bare = upper;
    if (bare.starts_with("SIG")) bare.remove_prefix(3);
    for (int number = 1; number < NSIG; ++number) {
        const char* const known = ::sigabbrev_np(number);
        if (known != nullptr && bare == known) return number;
    }
    if (bare == "IOT") return SIGABRT;
    if (bare == "CLD") return SIGCHLD;
    return realtime_number(bare);
}

std::string signal_name(int number) {
    if (const char* const known = ::sigabbrev_np(number)) return std::string{"SIG"} + known;
    if (number == SIGRTMIN) return "SIGRTMIN";
    if (number > SIGRTMIN && number <= SIGRTMAX) {
        return "SIGRTMIN+" + std::to_string(number - SIGRTMIN);
    }
    return "signal " + std::to_string(number);
}

}  // namespace superd::os
