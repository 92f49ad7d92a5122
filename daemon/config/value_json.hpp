// A value of TOML as JSON, for those who are told it as it is.
#pragma once

#include "config/document.hpp"

#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace superd::config {

// What a string is replaced by, or why it cannot be.
using Expand = std::function<std::expected<std::string, std::string>(std::string_view text)>;

// The first string that cannot be expanded.
struct Unexpandable {
    const Value* value = nullptr;
    std::string path;  // ".limits.body[2]"
    std::string cause;
};

// Floats that JSON does not know become null; dates become strings.
std::expected<std::string, Unexpandable> to_json(const Value& value, const Expand& expand);

}  // namespace superd::config
