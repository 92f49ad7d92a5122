// Of the records' layout (record_codec.cpp): what another version wrote is not read.
#pragma once

#include <cstdint>

namespace superd::turn {

inline constexpr std::uint16_t record_version = 8;

}  // namespace superd::turn
