// The small files of cgroup v2: written and read whole, below a directory that is open.
#pragma once

#include "base/result.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace superd::os {

Result<void> write_cgroup_file(int directory, const std::string& path, std::string_view text);
Result<std::string> read_cgroup_file(int directory, const std::string& path);

// Empty for what is no number: "max".
template <class Number>
std::optional<Number> parse_cgroup_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

// The value of `key` in a flat keyed file: "populated 1\nfrozen 0\n".
std::optional<std::uint64_t> cgroup_value(std::string_view text, std::string_view key);

}  // namespace superd::os
