// Reading on in log files as they grow and are rotated.
#pragma once

#include "logger/client.hpp"
#include "logger/follower.hpp"

#include <deque>
#include <string>
#include <vector>

namespace superd::logger {

// True if `file` is what is at `path` now.
bool same_file(const os::Fd& file, const std::string& path);

// Serves one client that follows: the last lines first, then those that come.
class Follow {
public:
    Follow(Follower& follower, Client& client, LineFilter filter, bool json)
        : follower_{follower}, client_{client}, filter_{std::move(filter)}, json_{json} {}

    // Returns when the client goes away, is too slow, or the follower was ended.
    void run(std::uint64_t lines);

private:
    struct Source {
        std::deque<os::Fd> files;  // The front one is being read; the last one grows.
        std::uint64_t position = 0;
    };
    void send_history(std::vector<Follower::Start> starts, std::uint64_t lines);
    void take(Follower::News news);
    void read(Source& source, std::uint64_t newest_size);
    std::uint64_t read_file(const os::Fd& file, std::uint64_t from, std::uint64_t to);
    void add(std::string_view line);

    Follower& follower_;
    Client& client_;
    const LineFilter filter_;
    const bool json_;
    std::deque<Source> sources_;
};

}  // namespace superd::logger
