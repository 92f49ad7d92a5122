// The connection to systemd's journal. It never waits: what the journal does not take at once is
// kept in memory, up to a bound, and given when it does. Its socket is systemd's, so while journald
// is started again, entries wait there.
#pragma once

#include "os/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace superd::logger {

class Journald {
public:
    static constexpr std::size_t waiting_max = 4u << 20;  // Bytes in memory.

    explicit Journald(std::string socket_path) : path_{std::move(socket_path)} {}

    // Whether there is a journal. Where there is none, that is looked at once a second.
    // Times are CLOCK_MONOTONIC nanoseconds.
    bool available(std::int64_t now);
    // Gives it an entry, after those that wait. False: there is no journal; the entry is not kept.
    bool give(std::string entry, std::int64_t now);
    // Gives it what waits, as far as it takes it.
    void flush(std::int64_t now);
    bool waiting() const { return !waiting_.empty(); }
    // Entries that found no room to wait, since the last call.
    std::uint64_t take_dropped();

private:
    enum class Sent : std::uint8_t { done, later, never };
    Sent send(std::string_view entry);
    Sent send_in_memory(std::string_view entry);
    bool connect(std::int64_t now);

    std::string path_;
    os::Fd socket_;
    std::int64_t look_again_at_ = 0;
    std::deque<std::string> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace superd::logger
