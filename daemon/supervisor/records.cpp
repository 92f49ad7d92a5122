#include "supervisor/records.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace superd::supervisor {

using namespace turn;
namespace {

constexpr std::uint32_t slots_at_once = 8;     // Two pages of a tmpfs.
constexpr std::uint32_t slots_max = 1u << 20;  // Half a GiB: a longer file is none of ours.
const Slot empty_slot{};

std::unexpected<Error> cannot(const char* verb) {
    const int error = errno;
    return fail_errno(error, std::string{verb} + " the records");
}

}  // namespace

Result<Records> Records::open(const std::string& path, Contents& contents) {
    os::Fd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!fd) {
        const int error = errno;
        return fail_errno(error, "open " + path);
    }
    Records records{std::move(fd)};
    auto loaded = records.load();
    if (!loaded) return std::unexpected{std::move(loaded.error())};
    contents = std::move(*loaded);
    return records;
}

Result<Records::Contents> Records::load() {
    struct stat status{};
    if (::fstat(fd_.get(), &status) != 0) return cannot("look at");
    const auto slots = static_cast<std::uint64_t>(status.st_size) / slot_size;
    end_ = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(slots, 1, slots_max));
    Contents contents;
    Slot bytes{};
    for (std::uint32_t slot = 0; slot < end_; ++slot) {
        const auto offset = static_cast<off_t>(slot) * static_cast<off_t>(slot_size);
        const ssize_t count = ::pread(fd_.get(), bytes.data(), bytes.size(), offset);
        if (count < 0) return cannot("read");
        if (static_cast<std::size_t>(count) < slot_size) break;
        if (slot == 0) {
            contents.header = decode_header(bytes).value_or(RecordsHeader{});
            continue;
        }
        auto record = decode_record(bytes);
        if (!record) {
            free_.push_back(slot);
            if (bytes != empty_slot) ++contents.damaged;
            continue;
        }
        contents.next_run = std::max(contents.next_run, record->instance.run + 1);
        contents.records.push_back({slot, std::move(*record)});
    }
    std::ranges::reverse(
        free_);  // The first of them is taken first: what follows may be room only.
    room_ = end_;
    contents.next_run = std::max(contents.next_run, contents.header.next_run);
    return contents;
}

Result<void> Records::reset(const RecordsHeader& header) {
    if (auto written = write_header(header); !written) return written;
    if (::ftruncate(fd_.get(), slot_size) != 0) return cannot("empty");
    end_ = room_ = 1;
    free_.clear();
    return {};
}

Result<void> Records::write_header(const RecordsHeader& header) {
    return put(0, encode_header(header));
}

Result<void> Records::provide(std::uint32_t& slot) {
    if (slot != 0) return {};
    if (!free_.empty()) {
        slot = free_.back();
        free_.pop_back();
        return {};
    }
    if (end_ == room_) {
        if (auto grown = grow(); !grown) return grown;
    }
    slot = end_++;
    return {};
}

Result<void> Records::grow() {
    const std::uint32_t room = (end_ / slots_at_once + 1) * slots_at_once;
    const auto offset = static_cast<off_t>(end_) * static_cast<off_t>(slot_size);
    const auto size = static_cast<off_t>(room - end_) * static_cast<off_t>(slot_size);
    if (const int error = ::posix_fallocate(fd_.get(), offset, size); error != 0) {
        return fail_errno(error, "write the records");
    }
    room_ = room;
    return {};
}

Result<void> Records::write(std::uint32_t slot, const Slot& bytes) { return put(slot, bytes); }

Result<void> Records::release(std::uint32_t slot) {
    free_.push_back(slot);
    return put(slot, empty_slot);
}

Result<void> Records::put(std::uint32_t slot, const Slot& bytes) {
    const auto offset = static_cast<off_t>(slot) * static_cast<off_t>(slot_size);
    ssize_t count = 0;
    do {
        count = ::pwrite(fd_.get(), bytes.data(), bytes.size(), offset);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return cannot("write");
    if (static_cast<std::size_t>(count) != bytes.size()) {
        return fail(std::errc::no_space_on_device, "write the records");
    }
    return {};
}

}  // namespace superd::supervisor
