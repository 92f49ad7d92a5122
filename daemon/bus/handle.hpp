// Ownership of what sd-bus counts references of.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <systemd/sd-bus.h>
#include <vector>

namespace superd::bus {

struct Unref {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
    // Ends what the slot stands for: a match, a call that waits for its answer.
    void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
    // What is still to be sent is dropped: nothing here may wait.
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};

using Message = std::unique_ptr<sd_bus_message, Unref>;
using Slot = std::unique_ptr<sd_bus_slot, Unref>;
using Connection = std::unique_ptr<sd_bus, Unref>;

// Another owner of the same message.
inline Message share(sd_bus_message* message) { return Message{sd_bus_message_ref(message)}; }

}  // namespace superd::bus
