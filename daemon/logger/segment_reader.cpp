#include "logger/segment_reader.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

namespace superd::logger {

namespace {
constexpr std::size_t chunk = 64 * 1024;
}

bool open_segment(Segment& segment) {
    if (segment.file) return true;
    segment.file = os::Fd{::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!segment.file && !segment.compressed) {
        segment.path += ".zst";
        segment.compressed = true;
        segment.file = os::Fd{::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC)};
    }
    return static_cast<bool>(segment.file);
}

void SegmentReader::Free::operator()(ZSTD_DCtx_s* context) const { ::ZSTD_freeDCtx(context); }

bool SegmentReader::read(std::string& out) {
    if (!open_segment(segment_)) return false;
    return segment_.compressed ? read_compressed(out) : read_plain(out, chunk);
}

bool SegmentReader::read_plain(std::string& out, std::size_t bytes) {
    const std::uint64_t left = segment_.end - std::min(segment_.end, segment_.begin);
    const std::size_t old_size = out.size();
    out.resize(old_size + std::min<std::uint64_t>(bytes, left));
    ssize_t got = 0;
    do {
        got = ::pread(segment_.file.get(), out.data() + old_size, out.size() - old_size,
                      static_cast<off_t>(segment_.begin));
    } while (got < 0 && errno == EINTR);
    out.resize(old_size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    segment_.begin += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));
    return got > 0;
}

bool SegmentReader::read_compressed(std::string& out) {
    if (!context_) context_.reset(::ZSTD_createDCtx());
    if (!context_) return false;
    const std::size_t old_size = out.size();
    out.resize(old_size + chunk);
    ZSTD_outBuffer plain{out.data() + old_size, chunk, 0};
    while (plain.pos == 0) {
        if (packed_at_ == packed_.size()) {
            packed_.clear();
            packed_at_ = 0;
            if (!read_plain(packed_, chunk)) break;
        }
        ZSTD_inBuffer in{packed_.data(), packed_.size(), packed_at_};
        const std::size_t result = ::ZSTD_decompressStream(context_.get(), &plain, &in);
        packed_at_ = in.pos;
        if (::ZSTD_isError(result) != 0) break;
    }
    out.resize(old_size + plain.pos);
    return plain.pos > 0;
}

}  // namespace superd::logger
