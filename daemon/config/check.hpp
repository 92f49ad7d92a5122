// Whether a value has the form that its key asks for.
#pragma once

#include "config/document.hpp"
#include "config/schema.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace superd::config {

// Called with where in the value the mistake is ("" or "[2]" or ".PORT"), the
// part that is wrong, and the cause.
using Refuse =
    std::function<void(std::string_view where, const Value& part, std::string_view cause)>;

// True: the value may be taken. Else every mistake in it was told.
bool check_value(const Key& key, const Value& value, const Refuse& refuse);

// Whether `name` can be a variable of an environment: letters, digits and _.
bool is_variable_name(std::string_view name);

}  // namespace superd::config
