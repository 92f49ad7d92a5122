#include "config/signals.hpp"

#include "base/nearest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include <fmt/format.h>

namespace superd::config {

namespace {

struct Name {
    std::string_view text;
    std::int32_t number;
};

constexpr std::array names{
    Name{"SIGHUP", SIGHUP},       Name{"SIGINT", SIGINT},       Name{"SIGQUIT", SIGQUIT},
    Name{"SIGILL", SIGILL},       Name{"SIGTRAP", SIGTRAP},     Name{"SIGABRT", SIGABRT},
    Name{"SIGBUS", SIGBUS},       Name{"SIGFPE", SIGFPE},       Name{"SIGKILL", SIGKILL},
    Name{"SIGUSR1", SIGUSR1},     Name{"SIGSEGV", SIGSEGV},     Name{"SIGUSR2", SIGUSR2},
    Name{"SIGPIPE", SIGPIPE},     Name{"SIGALRM", SIGALRM},     Name{"SIGTERM", SIGTERM},
    Name{"SIGSTKFLT", SIGSTKFLT}, Name{"SIGCHLD", SIGCHLD},     Name{"SIGCONT", SIGCONT},
    Name{"SIGSTOP", SIGSTOP},     Name{"SIGTSTP", SIGTSTP},     Name{"SIGTTIN", SIGTTIN},
    Name{"SIGTTOU", SIGTTOU},     Name{"SIGURG", SIGURG},       Name{"SIGXCPU", SIGXCPU},
    Name{"SIGXFSZ", SIGXFSZ},     Name{"SIGVTALRM", SIGVTALRM}, Name{"SIGPROF", SIGPROF},
    Name{"SIGWINCH", SIGWINCH},   Name{"SIGIO", SIGIO},         Name{"SIGPWR", SIGPWR},
    Name{"SIGSYS", SIGSYS}};

constexpr auto name_texts = [] {
    std::array<std::string_view, names.size()> texts;
    for (std::size_t i = 0; i < names.size(); ++i) texts[i] = names[i].text;
    return texts;
}();

// The 3 of "SIGRTMIN+3"; 0 when nothing follows.
std::optional<std::int32_t> offset_after(std::string_view name, char sign) {
    if (name.empty()) return 0;
    if (name.size() < 2 || name.size() > 3 || name[0] != sign) return {};
    std::int32_t offset = 0;
    const auto [stop, error] = std::from_chars(name.data() + 1, name.data() + name.size(), offset);
    if (error != std::errc{} || stop != name.data() + name.size() || offset < 0) return {};
    return offset;
}

std::optional<std::int32_t> real_time_number(std::string_view name) {
    constexpr std::size_t prefix = std::string_view{"SIGRTMIN"}.size();
    std::optional<std::int32_t> number;
    if (name.starts_with("SIGRTMIN")) {
        if (const auto offset = offset_after(name.substr(prefix), '+')) number = SIGRTMIN + *offset;
    } else if (name.starts_with("SIGRTMAX")) {
        if (const auto offset = offset_after(name.substr(prefix), '-')) number = SIGRTMAX - *offset;
    }
    if (number && (*number < SIGRTMIN || *number > SIGRTMAX)) return {};
    return number;
}

}  // namespace

std::optional<std::int32_t> signal_number(std::string_view name) {
    const auto found = std::ranges::find(names, name, &Name::text);
    if (found != names.end()) return found->number;
    return real_time_number(name);
}

std::span<const std::string_view> signal_names() { return name_texts; }

std::string unknown_signal(std::string_view name) {
    std::string upper{name};
    std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (!upper.starts_with("SIG")) upper = "SIG" + upper;
    if (signal_number(upper))
        return fmt::format("expected a signal's name; did you mean \"{}\"?", upper);
    if (const auto meant = nearest(upper, signal_names())) {
        return fmt::format("there is no such signal; did you mean \"{}\"?", *meant);
    }
    return "there is no such signal; use a name such as \"SIGTERM\" or \"SIGRTMIN+1\"";
}

}  // namespace superd::config
