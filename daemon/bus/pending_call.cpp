#include "bus/pending_call.hpp"

#include <exception>
#include <utility>

namespace superd::bus {

namespace {

void tell(const PendingCalls::Answered& answered, sd_bus_message* answer) {
    try {
        answered(answer);
    } catch (const std::exception&) {
        return;  // Not through sd-bus, which is C: who waits for this is told nothing.
    }
}

}  // namespace

bool PendingCalls::call(sd_bus& bus, sd_bus_message* message, std::chrono::microseconds patience,
                        Answered answered) {
    const auto number = next_++;
    auto& call = calls_[number];
    call.all = this;
    call.number = number;
    call.answered = std::move(answered);
    sd_bus_slot* slot = nullptr;
    const auto usec = static_cast<std::uint64_t>(patience.count());
    if (sd_bus_call_async(&bus, &slot, message, on_answer, &call, usec) < 0) {
        calls_.erase(number);
        return false;
    }
    call.slot.reset(slot);
    return true;
}

void PendingCalls::fail_all() {
    for (const auto& [number, call] : std::exchange(calls_, {})) tell(call.answered, nullptr);
}

int PendingCalls::on_answer(sd_bus_message* answer, void* call, sd_bus_error*) {
    auto* const one = static_cast<Call*>(call);
    const auto answered = std::move(one->answered);
    one->all->calls_.erase(one->number);
    tell(answered, answer);
    return 1;
}

}  // namespace superd::bus
