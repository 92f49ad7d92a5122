// The checksum of a slot is CRC-32 whatever its length is: several bytes are taken at once.
#include "turn/slot_bytes.hpp"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace superd::turn {
namespace {

std::uint32_t checksum_of(std::string_view text) {
    return checksum(std::as_bytes(std::span{text}));
}

// By the definition, a bit at a time.
std::uint32_t slow(std::string_view text) {
    std::uint32_t crc = 0xffffffffu;
    for (const char each : text) {
        crc ^= static_cast<unsigned char>(each);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

TEST(Checksum, IsThatOfTheStandardsExample) {
    EXPECT_EQ(checksum_of("123456789"), 0xcbf43926u);
    EXPECT_EQ(checksum_of(""), 0u);
}

TEST(Checksum, IsTheSameForEachLength) {
    std::string text;
    for (int length = 0; length < 100; ++length) {
        EXPECT_EQ(checksum_of(text), slow(text)) << length;
        text += static_cast<char>(length * 37 + 11);
    }
}

}  // namespace
}  // namespace superd::turn
