// events.jsonl and events.1.jsonl: what happened, one JSON object a line.
#pragma once

#include "base/result.hpp"
#include "core/instance.hpp"
#include "os/fd.hpp"
#include "supervisor/history.hpp"
#include "wire/event.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace superd::supervisor {

// Bounded: when the newer file has half of the room, it becomes the older one,
// and the older one goes.
class Journal {
public:
    static constexpr std::uint64_t file_bytes_max = 1u << 20;
    // So much at most waits for room on a full disk; what comes beyond that is lost.
    static constexpr std::size_t waiting_bytes_max = 1u << 20;

    // What a supervisor that takes over wants to know of the past.
    struct Past {
        struct Exit {
            core::ExitStatus status;
            std::int64_t at_ns = 0;  // CLOCK_REALTIME
            std::int32_t pid = 0;
        };
        std::unordered_map<core::RunId, Exit> exits;  // Those that are recorded.
        std::uint32_t damaged = 0;                    // Lines that could not be understood.
    };

    static Result<Journal> open(std::string directory, std::uint64_t bytes_max = file_bytes_max);

    // Reads both files, and has `history` take each event. Nothing has been appended yet.
    Past past(History& history) const;

    // Called before the older file goes: its last chance for what is to be kept.
    void before_loss(std::function<void()> call) { before_loss_ = std::move(call); }

    // Gives the event its number (and its time, if it has none) and keeps its line.
    void append(wire::Event event);
    // Writes the kept lines: they outlive this process from then on. Each is shown to `seen` once,
    // even if it could not be written; what could not is written by a later flush.
    Result<void> flush(const std::function<void(const std::string&)>& seen);
    bool empty() const { return kept_.empty() && waiting_.empty(); }

    // The lines since a moment (CLOCK_REALTIME), for which `wanted` is true.
    std::string since(std::int64_t realtime_ns,
                      const std::function<bool(const wire::Event&)>& wanted) const;

private:
    Journal(std::string directory, std::uint64_t bytes_max)
        : directory_{std::move(directory)}, bytes_max_{bytes_max} {}
    std::string newer() const { return directory_ + "/events.jsonl"; }
    std::string older() const { return directory_ + "/events.1.jsonl"; }
    void each_line(const std::function<void(std::string_view)>& visit) const;
    Result<void> reopen();
    Result<void> write_waiting();

    std::string directory_;
    std::uint64_t bytes_max_;
    os::Fd fd_;
    std::uint64_t size_ = 0;
    std::uint64_t next_seq_ = 1;
    std::vector<std::string> kept_;
    std::string
        waiting_;  // What comes next in the file, from the very byte where it was cut short.
    std::function<void()> before_loss_;
};

}  // namespace superd::supervisor
