// Bytes of one log file, compressed or not.
#pragma once

#include "logger/history.hpp"

#include <cstdint>
#include <memory>
#include <string>

struct ZSTD_DCtx_s;

namespace superd::logger {

// Opens the segment's file, or what it has become by compression since it was listed.
bool open_segment(Segment& segment);

// Reads the bytes of one segment from the front, decompressed.
class SegmentReader {
public:
    explicit SegmentReader(Segment segment) : segment_{std::move(segment)} {}

    // Appends some more bytes to `out`; false at the end or at an error.
    bool read(std::string& out);

private:
    bool read_plain(std::string& out, std::size_t bytes);
    bool read_compressed(std::string& out);

    Segment segment_;
    std::string packed_;
    std::size_t packed_at_ = 0;
    struct Free {
        void operator()(ZSTD_DCtx_s* context) const;
    };
    std::unique_ptr<ZSTD_DCtx_s, Free> context_;
};

}  // namespace superd::logger
