// Which bus superd is on.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace superd::bus {

struct Setting {
    // [bus] address: auto | off | system | session | unix:path=…
    std::string address = "auto";
    bool user = false;  // A user's own instance.
    std::string runtime_directory;
};

// The value of an environment variable; empty if it is not set.
using Variable = std::function<std::string(const char* name)>;

// The D-Bus address to connect to; empty: none. "auto" is the system's bus, for a user's own
// instance the session's, and none for a superd that is not in the usual runtime directory: it
// is one of several, and the name on the bus is not for it.
std::string choose_address(const Setting& setting, const Variable& variable);

// Whether each of the address's alternatives, "unix:path=/a;unix:abstract=b", is a Unix socket: of
// the other kinds "unixexec:" would start a process that nobody knows of.
bool names_only_sockets(std::string_view address);

}  // namespace superd::bus
