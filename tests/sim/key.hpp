// Names that outlive a supervisor: the core's own numbers of units do not.
#pragma once

#include "core/event.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace superd::sim {

using core::Duration;
using core::Instant;
using core::RunId;
using Pid = std::int32_t;

inline constexpr Duration forever = Duration::max();

// An instance, by its unit's number in this world: 3 of "u3" and of "g3".
struct Key {
    std::uint32_t unit = 0;
    std::uint32_t index = 0;
    friend bool operator==(const Key&, const Key&) = default;
};

constexpr std::uint64_t pack(Key key) { return std::uint64_t{key.unit} << 32 | key.index; }

inline std::uint32_t number_of(std::string_view name) {
    std::uint32_t number = 0;
    std::from_chars(name.data() + 1, name.data() + name.size(), number);
    return number;
}

inline std::string to_string(Key key) {
    return "u" + std::to_string(key.unit) + "/" + std::to_string(key.index);
}

}  // namespace superd::sim
