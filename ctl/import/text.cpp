#include "ctl/import/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

namespace superctl::importing {

namespace {

constexpr std::string_view blanks = " \t\r\n";

struct Signal {
    std::string_view name;
    int number;
};
constexpr std::array signals{
    Signal{"HUP", SIGHUP},       Signal{"INT", SIGINT},       Signal{"QUIT", SIGQUIT},
    Signal{"ILL", SIGILL},       Signal{"TRAP", SIGTRAP},     Signal{"ABRT", SIGABRT},
    Signal{"BUS", SIGBUS},       Signal{"FPE", SIGFPE},       Signal{"KILL", SIGKILL},
    Signal{"USR1", SIGUSR1},     Signal{"SEGV", SIGSEGV},     Signal{"USR2", SIGUSR2},
    Signal{"PIPE", SIGPIPE},     Signal{"ALRM", SIGALRM},     Signal{"TERM", SIGTERM},
    Signal{"STKFLT", SIGSTKFLT}, Signal{"CHLD", SIGCHLD},     Signal{"CONT", SIGCONT},
    Signal{"STOP", SIGSTOP},     Signal{"TSTP", SIGTSTP},     Signal{"TTIN", SIGTTIN},
    Signal{"TTOU", SIGTTOU},     Signal{"URG", SIGURG},       Signal{"XCPU", SIGXCPU},
    Signal{"XFSZ", SIGXFSZ},     Signal{"VTALRM", SIGVTALRM}, Signal{"PROF", SIGPROF},
    Signal{"WINCH", SIGWINCH},   Signal{"IO", SIGIO},         Signal{"PWR", SIGPWR},
    Signal{"SYS", SIGSYS}};

// RTMIN, RTMIN+3, RTMAX-2.
bool is_real_time(std::string_view name) {
    if (name != "RTMIN" && name != "RTMAX" && !name.starts_with("RTMIN+") &&
        !name.starts_with("RTMAX-")) {
        return false;
    }
    if (name.size() == 5) return true;
    const auto number = parse_number(name.substr(6));
    return number && *number > 0 && *number < 16;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lowered(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
        const auto end = std::min(text.find_first_of(blanks), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(trimmed(text.substr(0, end)));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t number = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (text.empty() || error != std::errc{} || end != last) return {};
    return number;
}

std::optional<bool> parse_truth(std::string_view text) {
    const auto word = lowered(trimmed(text));
    for (const std::string_view yes : {"yes", "true", "on", "1", "y", "t"}) {
        if (word == yes) return true;
    }
    for (const std::string_view no : {"no", "false", "off", "0", "n", "f"}) {
        if (word == no) return false;
    }
    return {};
}

std::optional<std::string> octal_mode(std::string_view text) {
    constexpr std::size_t digits = 3;
    if (text.empty() || text.find_first_not_of("01234567") != text.npos) return {};
    const auto zeros = std::min(text.find_first_not_of('0'), text.size());
    const auto number = text.substr(zeros);
    if (number.size() > digits) return {};
    if (text.size() == digits) return std::string{text};
    return std::string(digits + 1 - number.size(), '0') + std::string{number};
}

std::string_view file_name(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? path : path.substr(slash + 1);
}

bool is_variable(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
           std::ranges::all_of(name, fits);
}

std::string shell_quote(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+@%";
    if (!word.empty() && word.find_first_not_of(plain) == word.npos) return std::string{word};
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'') {
            out += R"('\'')";
        } else {
            out += c;
        }
    }
    return out + "'";
}

std::optional<std::string> signal_name(std::string_view text) {
    text = trimmed(text);
    if (const auto number = parse_number(text)) {
        const auto* const found = std::ranges::find(signals, *number, &Signal::number);
        if (found == signals.end()) return {};
        return "SIG" + std::string{found->name};
    }
    std::string name{text};
    for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    if (name.starts_with("SIG")) name.erase(0, 3);
    const bool known = std::ranges::find(signals, name, &Signal::name) != signals.end();
    if (!known && !is_real_time(name)) return {};
    return "SIG" + name;
}

}  // namespace superctl::importing
