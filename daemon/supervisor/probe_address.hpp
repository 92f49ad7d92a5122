// Where a probe connects to.
#pragma once

#include "config/unit.hpp"

#include <sys/socket.h>

#include <expected>
#include <string>
#include <vector>

namespace superd::supervisor {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

// The addresses of a tcp, unix or http probe, in the order to try them; one
// that answers is enough. Or what is wrong with what the unit says.
std::expected<std::vector<Address>, std::string> probe_addresses(const config::Ready& ready);

// True for a connection from a port of this host to itself. TCP allows it, and
// who tries a port of the ephemeral range often enough will meet it. When it is
// closed the port is free at once for the service that it belongs to.
bool connected_to_itself(int fd);

}  // namespace superd::supervisor
