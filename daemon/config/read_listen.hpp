// The listeners of a unit.
#pragma once

#include "config/check.hpp"
#include "config/graph.hpp"
#include "config/read_unit.hpp"

namespace superd::config {

// Whether the value of `listen` has the form of listeners, as check_value() tells it.
bool check_listeners(const Value& value, const Refuse& refuse);

void read_listeners(const Fields& fields, Environment& environment, Accounts& accounts, Unit& unit);

// When it is started, and for how long it goes on without a connection.
void read_start(const Fields& fields, Unit& unit);

// Reports two listeners of any units that the kernel would not have side by side.
void check_listen_addresses(const std::vector<Node>& nodes, Diagnostics& diagnostics);

}  // namespace superd::config
