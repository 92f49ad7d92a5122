// The way to superd over D-Bus: superd gives a connection to the control API to whoever asks.
#pragma once

#include "ctl/exit_code.hpp"
#include "ctl/socket.hpp"

#include <sys/un.h>

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace superctl {

// A socket address that a D-Bus address names, "unix:path=/run/bus,guid=1;unix:abstract=x".
struct BusPlace {
    sockaddr_un address{};
    socklen_t size = 0;
};

// Those that superctl can connect to, in order.
std::vector<BusPlace> places_of(std::string_view address);

struct BusConnection {
    Socket bus;      // For polkit superctl is there as long as this is open.
    Socket control;  // The connection to the control API.
};

// Asks org.superd on the bus at this D-Bus address; the deadline is for all of it.
std::expected<BusConnection, Failure> connect_by_bus(
    const std::string& address, std::chrono::steady_clock::time_point deadline);

}  // namespace superctl
