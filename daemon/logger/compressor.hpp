// Compressing rotated files without being in anyone's way.
#pragma once

#include "base/result.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace superd::logger {

// Compresses `path` to `path`.zst (zstd, level 1) and removes it. The compressed
// file appears whole or not at all. Gives up early once `*cancelled` is set.
Result<void> compress_file(const std::string& path, const std::atomic<bool>* cancelled = nullptr);

// One thread of the lowest priority, which lives while there is work.
class Compressor {
public:
    Compressor() = default;
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;
    // Gives up the work under way; what is not compressed is found again at the
    // next rotation.
    ~Compressor();

    // Compresses the rotated files of an instance that are not yet, then removes
    // the oldest beyond `keep`. Asking twice is asking once.
    void tidy(const std::string& directory, std::uint32_t index, std::uint32_t keep);
    // Waits until there is nothing to do.
    void finish();

private:
    struct Job {
        std::string directory;
        std::uint32_t index = 0;
        std::uint32_t keep = 0;
    };
    void work();
    void compress_all(const Job& job);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool working_ = false;
    std::atomic<bool> cancelled_ = false;
    std::thread thread_;
};

}  // namespace superd::logger
