// The current log file of an instance.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace superd::logger {

// The one system call that a full or broken disk answers with an error, so that
// tests can have one.
class Disk {
public:
    Disk() = default;
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    virtual ~Disk() = default;
    // As write(2).
    virtual ssize_t write(int file, std::string_view bytes);
};

// Where an instance's files are.
struct LogPath {
    std::string directory;  // LOGDIR/<unit>
    std::uint32_t index = 0;
    std::string current() const;
};

// True for a name that is safe as a directory's.
bool valid_unit_name(std::string_view unit);

// Appends to LOGDIR/<unit>/<index>.log. Holds whole batches only: one that could
// not be written completely is taken back.
class LogFile {
public:
    // Creates the file and its directory where they are missing. A last line that
    // a power cut has torn gets its newline.
    Result<void> open(const LogPath& path);
    bool is_open() const { return static_cast<bool>(file_); }
    void close() { file_.reset(); }

    // Looks at the size anew: somebody else may have truncated the file.
    std::uint64_t refresh_size();
    std::uint64_t size() const { return size_; }
    std::int64_t created_ns() const { return created_ns_; }
    // For others to read what is written; they make a duplicate.
    int descriptor() const { return file_.get(); }

    // Appends all of `lines` or nothing.
    Result<void> append(std::string_view lines, Disk& disk);
    // Renames the file (removes it if `keep` is 0) and closes it.
    Result<void> rotate(const LogPath& path, std::uint32_t keep, std::int64_t realtime_ns);

private:
    os::Fd file_;
    std::uint64_t size_ = 0;
    std::int64_t created_ns_ = 0;  // CLOCK_REALTIME
};

}  // namespace superd::logger
