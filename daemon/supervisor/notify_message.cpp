#include "supervisor/notify_message.hpp"

#include <cassert>
#include <charconv>
#include <cstdint>
#include <limits>

namespace superd::supervisor {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text, Number smallest) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    if (!whole || value < smallest) return std::nullopt;
    return value;
}

std::optional<std::chrono::microseconds> parse_microseconds(std::string_view text) {
    const auto count = parse_number<std::int64_t>(text, 0);
    // What is added to a time in nanoseconds later must not overflow it.
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 4000;
    if (!count || *count > most) return std::nullopt;
    return std::chrono::microseconds{*count};
}

// The length of the well-formed UTF-8 sequence that `text` begins with; 0: none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0u) != 0x80) return 0;
    }
    const unsigned second = byte(1);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool surrogate = first == 0xed && second > 0x9f;
    const bool beyond = first == 0xf4 && second > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

// Takes in the value of a field that may have no other than "1".
const char* take_flag(bool& field, std::string_view value) {
    if (value != "1") return "is not 1";
    field = true;
    return nullptr;
}

template <class Value>
const char* take(std::optional<Value>& field, std::optional<Value> value, const char* problem) {
    if (!value) return problem;
    field = std::move(value);
    return nullptr;
}

const char* take_watchdog(NotifyFields& fields, std::string_view value) {
    if (value == "trigger") {
        fields.watchdog_trigger = true;
        return nullptr;
    }
    return take_flag(fields.watchdog, value) ? "is neither 1 nor trigger" : nullptr;
}

const char* take_text(std::optional<std::string>& field, std::string_view value) {
    if (!is_utf8(value)) return "is not UTF-8";
    field = std::string{value};
    return nullptr;
}

// Takes in one assignment; what is wrong with its value, or null. A name that
// is not known is for a newer systemd than we resemble, or the service's own (X_).
const char* take_field(NotifyFields& fields, std::string_view name, std::string_view value) {
    constexpr auto microseconds = "is not a number of microseconds";
    if (name == "READY") return take_flag(fields.ready, value);
    if (name == "RELOADING") return take_flag(fields.reloading, value);
    if (name == "STOPPING") return take_flag(fields.stopping, value);
    if (name == "FDSTORE") return take_flag(fields.fd_store, value);
    if (name == "FDSTOREREMOVE") return take_flag(fields.fd_store_remove, value);
    if (name == "FDPOLL") return value == "0" ? (fields.fd_poll = false, nullptr) : "is not 0";
    if (name == "FDNAME") {
        fields.fd_name = value;
        return nullptr;
    }
    if (name == "MAINPIDFD") return take_flag(fields.main_pidfd, value);
    if (name == "BARRIER") return take_flag(fields.barrier, value);
    if (name == "WATCHDOG") return take_watchdog(fields, value);
    if (name == "STATUS") return take_text(fields.status, value);
    if (name == "X_SUPERD_RECYCLE") return take_text(fields.recycle, value);
    if (name == "MAINPID") {
        return take(fields.main_pid, parse_number<pid_t>(value, 1), "is not a pid");
    }
    if (name == "ERRNO") {
        return take(fields.error, parse_number<int>(value, 0), "is not an errno number");
    }
    if (name == "MONOTONIC_USEC") {
        return take(fields.monotonic, parse_microseconds(value), microseconds);
    }
    if (name == "EXTEND_TIMEOUT_USEC") {
        return take(fields.extend_timeout, parse_microseconds(value), microseconds);
    }
    if (name == "WATCHDOG_USEC") {
        return take(fields.watchdog_every, parse_microseconds(value), microseconds);
    }
    return nullptr;
}

void take_line(NotifyFields& fields, std::string_view line, std::size_t number) {
    const std::size_t equals = line.find('=');
    std::string problem;
    if (equals == std::string_view::npos || equals == 0) {
        problem = "line " + std::to_string(number) + " is no NAME=value";
    } else if (const char* why =
                   take_field(fields, line.substr(0, equals), line.substr(equals + 1))) {
        problem = std::string{line.substr(0, equals)} + "= " + why;
    }
    if (fields.problem.empty()) fields.problem = std::move(problem);
}

}  // namespace

std::expected<NotifyFields, std::string> parse_notify(std::string_view text) {
    if (text.size() > notify_bytes_max) {
        return std::unexpected{"it is longer than " + std::to_string(notify_bytes_max) + " bytes"};
    }
    if (text.ends_with('\0')) text.remove_suffix(1);  // Some send their C string whole.
    if (text.empty()) return std::unexpected{"it is empty"};
    if (text.contains('\0')) return std::unexpected{"it holds a NUL byte"};

    NotifyFields fields;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (!line.empty()) take_line(fields, line, number);
    }
    return fields;
}

}  // namespace superd::supervisor
