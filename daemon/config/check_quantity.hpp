// Values that are amounts, held against their key. Each completes "cannot use KEY = VALUE: ".
#pragma once

#include "config/document.hpp"
#include "config/schema.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace superd::config {

// Nothing: it is good.
using Cause = std::optional<std::string>;

// "expected a string, not an integer"
std::string expected(std::string_view what, const Value& value);

Cause check_integer(const Key& key, const Value& value);
Cause check_number(const Key& key, const Value& value);
Cause check_duration(const Key& key, const Value& value);
Cause check_size(const Key& key, const Value& value);
Cause check_size_limit(const Key& key, const Value& value);
Cause check_count_limit(const Key& key, const Value& value);
Cause check_quota(const Key& key, const Value& value);
Cause check_rate(const Key& key, const Value& value);

}  // namespace superd::config
