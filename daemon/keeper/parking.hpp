// What the keeper holds, given to the service manager too: its fd store keeps copies while no
// superd lives (FDSTORE=1 of sd_notify(3)), and the next superd is started with them.
//
// A descriptor is stored under the name that it is held by; of a pair, the first under "1.NAME" and
// the second under "2.NAME", as the manager keeps no order among descriptors of one name.
#pragma once

#include "keeper/held.hpp"
#include "keeper/manager.hpp"
#include "keeper/runtime.hpp"

#include <cstdint>
#include <string_view>

namespace superd::keeper {

using StoredName = Text<64>;

StoredName stored_name(std::string_view name, unsigned which, unsigned count);

// The name of superd's own listening sockets, there and in the unit of a socket.
inline constexpr std::string_view stored_control = "socket.control";
inline constexpr std::string_view stored_notify = "socket.notify";
inline constexpr std::string_view stored_logger = "socket.logger";
inline constexpr std::string_view activated_control = "control";

class Parking {
public:
    // All outlive it.
    Parking(Manager& manager, Held& held, const Runtime& runtime);

    // What is in the table has been there before, or has come from the manager: it is told of
    // what it does not have.
    void begin();
    bool works() const { return manager_.store_max() != 0; }

    // Tells as much as the manager takes, for a moment at most. True: it would take more now.
    bool flush();

private:
    bool tell_sockets();
    bool tell(std::size_t position);
    bool has_room(std::string_view name, unsigned count);
    bool store(const StoredName& name, int fd);
    bool remove(const StoredName& name);

    Manager& manager_;
    Held& held_;
    const Runtime& runtime_;
    bool sockets_due_ = false;
    bool full_told_ = false;
    bool left_out_ = false;  // There was no room for some; when there is, these are told again.
    std::size_t count_ = 0;  // Descriptors that the manager has of ours, and what
    std::size_t bytes_ = 0;  // their names take in LISTEN_FDNAMES.
};

}  // namespace superd::keeper
