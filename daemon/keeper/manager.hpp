// The service manager that started superd, told of it as sd_notify(3) does: datagrams to a
// socket of its own.
//
// Nothing waits for it and nothing is queued: what is still to be said is a handful of flags.
#pragma once

#include "keeper/text.hpp"
#include "os/fd.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace superd::keeper {

class Manager {
public:
    // What the next program in this process must know of it; and what the environment says.
    struct State {
        char address[108] = {};          // As in sockaddr_un; '\0' first: an abstract one.
        std::uint32_t address_size = 0;  // 0: nobody wants to be told.
        std::uint32_t store_max = 0;     // So many descriptors it keeps for us; 0: none.
        std::int64_t watchdog_ns = 0;    // It waits so long for a ping; 0: it does not.
        bool served = false;             // READY=1 was said.
    };

    enum class Sent : std::uint8_t {
        yes,
        later,  // It takes no more at present: try again when told_more() may be.
        never,  // It is not there.
    };

    explicit Manager(const State& state) : state_{state} {}
    State state() const { return state_; }

    bool listens() const { return state_.address_size != 0; }
    std::uint32_t store_max() const { return listens() ? state_.store_max : 0; }

    // --- what superd is doing; said with the next flush ---
    void serving();
    // `now`: CLOCK_MONOTONIC.
    void reloading(std::int64_t now);
    // It may take so long, in nanoseconds: longer than the manager would wait by itself.
    void stopping(std::int64_t within);
    // For people, one line.
    void status(std::string_view text);

    // Says what is due. `well`: the watchdog may be told so.
    void flush(std::int64_t now, bool well);
    // One message with descriptors, if nothing else stands in line.
    Sent send(std::string_view text, std::span<const int> fds);

    // The socket, while it has taken no more: watch it for room. -1: none is to be watched.
    int congested() const { return full_ ? socket_.get() : -1; }
    // When to flush again whatever happens; 0: never. CLOCK_MONOTONIC.
    std::int64_t due() const;
    // Forgets what was found out about the socket: room was told of, or the time has come.
    void try_again() { full_ = false; }

private:
    Sent transmit(std::string_view text, std::span<const int> fds);
    Sent failed(int error);
    bool connect();
    std::int64_t ping_every() const { return state_.watchdog_ns / 2; }

    State state_;
    os::Fd socket_;
    bool full_ = false;
    std::int64_t retry_due_ = 0;        // For want of what no socket tells of.
    std::int64_t ping_due_ = 1;         // Long ago: at once.
    std::int64_t reloading_since_ = 0;  // To be said; 0: it is not.
    std::int64_t stop_within_ = 0;      // Likewise.
    bool ping_unsaid_ = false;
    bool serving_due_ = false;
    bool status_due_ = false;
    Text<128> status_;
};

// What the environment says of it, which is then left without that: it is for us alone, and what
// we start has another manager.
Manager::State manager_from_environment();

}  // namespace superd::keeper
