// The bytes of a slot, written and read one number after the other: what
// record_codec.cpp is made of.
#pragma once

#include "turn/record_codec.hpp"
#include "turn/record_version.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace superd::turn {

constexpr std::uint16_t version = record_version;
constexpr std::uint16_t kind_header = 1, kind_record = 2;
constexpr std::size_t prefix_size = 10;  // checksum, version, kind, length
constexpr std::size_t name_max = 255;

// By how many bytes at once: records are written at each change of a state.
constexpr std::size_t crc_step = 8;

// CRC-32; table n is of a byte with n others after it.
constexpr auto crc_tables = [] {
    std::array<std::array<std::uint32_t, 256>, crc_step> tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xedb88320u : 0);
        tables[0][i] = value;
    }
    for (std::size_t n = 1; n < crc_step; ++n) {
        for (std::size_t i = 0; i < 256; ++i) {
            const std::uint32_t before = tables[n - 1][i];
            tables[n][i] = tables[0][before & 0xff] ^ (before >> 8);
        }
    }
    return tables;
}();

inline std::uint32_t checksum(std::span<const std::byte> bytes) {
    std::uint32_t crc = 0xffffffffu;
    for (; bytes.size() >= crc_step; bytes = bytes.subspan(crc_step)) {
        const auto at = [bytes](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
        const std::uint32_t low = crc ^ (at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24);
        crc = crc_tables[7][low & 0xff] ^ crc_tables[6][low >> 8 & 0xff] ^
              crc_tables[5][low >> 16 & 0xff] ^ crc_tables[4][low >> 24] ^ crc_tables[3][at(4)] ^
              crc_tables[2][at(5)] ^ crc_tables[1][at(6)] ^ crc_tables[0][at(7)];
    }
    for (const std::byte byte : bytes) {
        crc = crc_tables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff] ^ (crc >> 8);
    }
    return ~crc;
}

class Writer {
public:
    template <class Number>
    void put(Number number) {
        auto bytes = std::bit_cast<std::array<std::byte, sizeof(Number)>>(number);
        if constexpr (std::endian::native == std::endian::big) std::ranges::reverse(bytes);
        assert(used_ + sizeof(Number) <= slot_size);
        std::ranges::copy(bytes, slot_.begin() + static_cast<std::ptrdiff_t>(used_));
        used_ += sizeof(Number);
    }
    void put(std::string_view text) {
        assert(used_ + text.size() <= slot_size);
        std::ranges::copy(std::as_bytes(std::span{text}),
                          slot_.begin() + static_cast<std::ptrdiff_t>(used_));
        used_ += text.size();
    }
    std::size_t room() const { return slot_size - used_; }

    Slot finish(std::uint16_t kind) {
        const std::size_t length = used_;
        used_ = 4;
        put(version);
        put(kind);
        put(static_cast<std::uint16_t>(length));
        used_ = 0;
        put(checksum(std::span{slot_}.subspan(4, length - 4)));
        return slot_;
    }

private:
    Slot slot_{};
    std::size_t used_ = prefix_size;
};

class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : rest_{bytes} {}

    template <class Number>
    Number take() {
        std::uint64_t bits = 0;
        if (rest_.size() < sizeof(Number)) {
            good_ = false;
            return {};
        }
        for (std::size_t i = 0; i < sizeof(Number); ++i) {
            bits |= std::to_integer<std::uint64_t>(rest_[i]) << (8 * i);
        }
        rest_ = rest_.subspan(sizeof(Number));
        return static_cast<Number>(bits);
    }
    std::string text(std::size_t size) {
        if (rest_.size() < size) {
            good_ = false;
            return {};
        }
        std::string result(size, '\0');
        std::ranges::copy(std::as_bytes(std::span{rest_.first(size)}),
                          std::as_writable_bytes(std::span{result}).begin());
        rest_ = rest_.subspan(size);
        return result;
    }
    bool good() const { return good_; }

private:
    std::span<const std::byte> rest_;
    bool good_ = true;
};

// What follows the prefix, if the slot is whole, of this version and kind.
inline std::optional<Reader> open_slot(std::span<const std::byte, slot_size> bytes,
                                       std::uint16_t kind) {
    Reader prefix{bytes};
    const auto crc = prefix.take<std::uint32_t>();
    const auto its_version = prefix.take<std::uint16_t>();
    const auto its_kind = prefix.take<std::uint16_t>();
    const auto length = prefix.take<std::uint16_t>();
    if (its_version != version || its_kind != kind) return std::nullopt;
    if (length < prefix_size || length > slot_size) return std::nullopt;
    if (crc != checksum(bytes.subspan(4, length - 4u))) return std::nullopt;
    return Reader{bytes.subspan(prefix_size, length - prefix_size)};
}

}  // namespace superd::turn
