#include "wire/signal.hpp"

#include <string.h>

#include <charconv>
#include <csignal>

namespace superd::wire {

std::optional<int> signal_number(std::string_view name) {
    if (name.starts_with("SIG")) name.remove_prefix(3);
    int base = 0;
    if (name.starts_with("RTMIN+")) {
        base = SIGRTMIN;
        name.remove_prefix(6);
    }
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && end == name.data() + name.size()) {
        const bool possible = number >= 0 && number <= SIGRTMAX - base && base + number > 0;
        return possible ? std::optional{base + number} : std::nullopt;
    }
    if (base != 0) return {};
    for (int i = 1; i < SIGRTMIN; ++i) {
        const char* const known = ::sigabbrev_np(i);
        if (known != nullptr && name == known) return i;
    }
    return {};
}

}  // namespace superd::wire
