// A client that reads on: what the drainer hands to the thread that serves it.
#pragma once

#include "logger/history.hpp"
#include "logger/instance.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace superd::logger {

// The drainer tells which files the lines of the sources are in, in order, and that
// there are more; the lines themselves are read from the files. So a follower
// misses nothing and sees nothing twice, whatever is rotated, and a slow client
// costs no memory.
class Follower {
public:
    explicit Follower(std::vector<InstanceName> sources);

    const std::vector<InstanceName>& sources() const { return sources_; }

    // What a source's lines are when following begins; the drainer's thread.
    struct Start {
        std::deque<Segment> rotated;
        os::Fd current;  // Empty if there is no file yet.
        std::uint64_t size = 0;
    };

    // --- the drainer's thread ---
    void started(std::vector<Start> starts);
    // The source's lines go on in this file, of which `size` bytes are whole lines.
    void next_file(std::size_t source, os::Fd file, std::uint64_t size);
    // The source's newest file has grown to `size`. What lies behind may be taken back.
    void grown(std::size_t source, std::uint64_t size);
    bool ended() const;

    // --- the serving thread ---
    // Where to start; empty if `end` came first.
    std::vector<Start> wait_started();
    struct Next {
        std::size_t source = 0;
        os::Fd file;
    };
    struct News {
        std::vector<Next> files;           // In order.
        std::vector<std::uint64_t> sizes;  // Of each source's newest file.
        bool ended = false;
    };
    // Waits until there is something new or `most` has passed.
    News wait(std::chrono::milliseconds most);
    void end();

private:
    const std::vector<InstanceName> sources_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Start> starts_;
    bool started_ = false;
    std::vector<Next> files_;
    std::vector<std::uint64_t> sizes_;
    bool news_ = false;
    bool ended_ = false;
};

}  // namespace superd::logger
