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

}  // namespace superd::supervisor
