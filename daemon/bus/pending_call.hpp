// A method of somebody else's, called without waiting: its answer comes to a function.
#pragma once

#include "bus/handle.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace superd::bus {

// The calls that wait for their answers; they are told of nothing when this ends.
class PendingCalls {
public:
    // `answer` is the method's return, or an error (also one of sd-bus's own: no answer in time);
    // null when the bus was lost.
    using Answered = std::function<void(sd_bus_message* answer)>;

    // False: it cannot be sent, and `answered` is never called.
    bool call(sd_bus& bus, sd_bus_message* message, std::chrono::microseconds patience,
              Answered answered);
    // The bus is lost: all are told.
    void fail_all();
    std::size_t size() const { return calls_.size(); }

private:
    struct Call {
        PendingCalls* all = nullptr;
        std::uint64_t number = 0;
        Answered answered;
        Slot slot;
    };

    static int on_answer(sd_bus_message* answer, void* call, sd_bus_error* error);

    std::map<std::uint64_t, Call> calls_;
    std::uint64_t next_ = 1;
};

}  // namespace superd::bus
