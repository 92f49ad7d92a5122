#include "control/query.hpp"

#include "base/nearest.hpp"
#include "wire/time.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace superd::control {

namespace {

constexpr std::size_t parameters_max = 4096;  // More do not fit a header anyway.

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Undoes %XX, and '+' for a space. Empty for what was not encoded properly.
std::optional<std::string> decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (i + 2 >= text.size()) return {};
            const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return {};
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    if (out.find('\0') != std::string::npos) return {};
    return out;
}

Refusal refused(std::string message, std::string hint) {
    return {400, {"bad-request", std::move(message), std::move(hint)}, {}};
}

Refusal bad_value(std::string_view name, const std::string& value, const std::string& expected) {
    return refused("cannot use " + std::string{name} + "=" + value.substr(0, 100), expected);
}

std::optional<double> number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return {};
    return value;
}

}  // namespace

std::expected<Query, Refusal> Query::parse(std::string_view target) {
    const auto malformed = [&] {
        return std::unexpected{
            refused("cannot read the target " + std::string{target.substr(0, 100)},
                    "it has to begin with \"/\", and special characters are written as %XX")};
    };
    if (!target.starts_with('/')) return malformed();
    Query query;
    const auto mark = target.find('?');
    auto path = decode(target.substr(0, mark));
    if (!path) return malformed();
    query.path_ = std::move(*path);

    std::string_view rest = mark == target.npos ? "" : target.substr(mark + 1);
    while (!rest.empty()) {
        const auto part = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        if (part.empty()) continue;
        const auto equals = part.find('=');
        auto name = decode(part.substr(0, equals));
        auto value = decode(equals == part.npos ? "true" : part.substr(equals + 1));
        if (!name || !value || query.parameters_.size() == parameters_max) return malformed();
        query.parameters_.emplace_back(std::move(*name), std::move(*value));
    }
    return query;
}

std::optional<Refusal> Query::unknown(std::initializer_list<std::string_view> known) const {
    for (const auto& [name, value] : parameters_) {
        if (std::ranges::find(known, std::string_view{name}) != known.end()) continue;
        const auto near = nearest(name, {known.begin(), known.size()});
        return refused("cannot use the parameter \"" + name.substr(0, 100) + "\" on " + path_,
                       near ? "did you mean \"" + std::string{*near} + "\"?" : "leave it out");
    }
    return {};
}

const std::string* Query::find(std::string_view name) const {
    const auto found = std::ranges::find(
        parameters_, name, [](const auto& one) { return std::string_view{one.first}; });
    return found == parameters_.end() ? nullptr : &found->second;
}

std::vector<std::string> Query::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [one, value] : parameters_) {
        if (one == name) values.push_back(value);
    }
    return values;
}

std::optional<Refusal> Query::read(std::string_view name, bool& out) const {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (*value != "true" && *value != "false") {
        return bad_value(name, *value, "use true or false");
    }
    out = *value == "true";
    return {};
}

std::optional<Refusal> Query::read(std::string_view name, std::uint32_t& out) const {
    const auto* value = find(name);
    if (value == nullptr) return {};
    const auto* last = value->data() + value->size();
    const auto [end, error] = std::from_chars(value->data(), last, out);
    if (error != std::errc{} || end != last) {
        return bad_value(name, *value, "use a whole number, not below zero");
    }
    return {};
}

std::optional<Refusal> Query::read(std::string_view name, std::optional<Since>& out) const {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (const auto moment = wire::parse_time(*value)) {
        out = Since{false, *moment};
        return {};
    }
    const auto seconds = number(*value);
    if (!seconds || *seconds < 0 || *seconds > 4e9) {
        return bad_value(name, *value,
                         "use a moment like 2026-11-23T21:49:35Z, or a number of seconds ago");
    }
    out = Since{true, static_cast<std::int64_t>(*seconds * 1e9)};
    return {};
}

std::optional<Refusal> Query::read(std::string_view name, std::chrono::milliseconds& out,
                                   std::chrono::milliseconds most) const {
    const auto* value = find(name);
    if (value == nullptr) return {};
    const auto seconds = number(*value);
    const auto limit = std::chrono::duration<double>(most).count();
    if (!seconds || *seconds < 0 || *seconds > limit) {
        return bad_value(
            name, *value,
            "use a number of seconds, at most " + std::to_string(static_cast<std::int64_t>(limit)));
    }
    out = std::chrono::milliseconds{std::llround(*seconds * 1000)};
    return {};
}

std::optional<Refusal> Query::read(std::string_view name, std::string& out,
                                   std::initializer_list<std::string_view> allowed) const {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (std::ranges::find(allowed, std::string_view{*value}) == allowed.end()) {
        std::string expected = "use";
        for (const auto one : allowed) expected += " " + std::string{one};
        return bad_value(name, *value, expected);
    }
    out = *value;
    return {};
}

}  // namespace superd::control
