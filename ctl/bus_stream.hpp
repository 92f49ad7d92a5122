// What superctl sends to a bus and gets from it: lines, messages, and descriptors.
#pragma once

#include "ctl/bus_message.hpp"
#include "ctl/socket.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace superctl {

class BusStream {
public:
    using Clock = std::chrono::steady_clock;

    // The socket must outlive it, and have a time of its own for what is sent.
    BusStream(int socket, Clock::time_point deadline) : socket_{socket}, deadline_{deadline} {}

    // False: it cannot be sent.
    bool send(std::string_view bytes) const;

    // A line of the authentication, without its end; empty: none comes.
    std::optional<std::string> line();

    // The answer to the call of that serial; empty: none comes. Whatever else comes is dropped.
    std::optional<BusAnswer> answer(std::uint32_t serial);

    // Of the descriptors that came with that answer, the first.
    std::optional<Socket> take_descriptor();

    // Whether the deadline is why nothing came.
    bool out_of_time() const { return out_of_time_; }

private:
    std::optional<BusAnswer> next();
    bool is_readable();
    bool receive();

    int socket_;
    Clock::time_point deadline_;
    bool out_of_time_ = false;
    std::string bytes_;
    std::deque<Socket> received_;     // Of messages that are still to be read.
    std::deque<Socket> descriptors_;  // Of the message that was read last.
};

}  // namespace superctl
