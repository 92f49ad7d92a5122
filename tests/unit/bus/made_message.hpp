// Messages that no bus has seen: made, sealed, and read.
#pragma once

#include "bus/handle.hpp"

#include <sys/socket.h>

#include <stdexcept>

namespace superd::bus::test {

// sd-bus makes messages only for a connection: this one has nobody at its other end.
class Unconnected {
public:
    Unconnected() {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
            throw std::runtime_error{"socketpair"};
        }
        other_ = ends[1];
        sd_bus* made = nullptr;
        must(sd_bus_new(&made));
        bus_.reset(made);
        must(sd_bus_set_fd(made, ends[0], ends[0]));
        must(sd_bus_start(made));
    }
    ~Unconnected() { ::close(other_); }
    Unconnected(const Unconnected&) = delete;
    Unconnected& operator=(const Unconnected&) = delete;

    Message call() const {
        sd_bus_message* made = nullptr;
        must(sd_bus_message_new_method_call(bus_.get(), &made, "a.b", "/c", "d.e", "F"));
        return Message{made};
    }
    static void seal(const Message& message) { must(sd_bus_message_seal(message.get(), 1, 0)); }
    static void must(int result) {
        if (result < 0) throw std::runtime_error{"sd-bus"};
    }

private:
    Connection bus_;
    int other_ = -1;
};

}  // namespace superd::bus::test
