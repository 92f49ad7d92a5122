// What only a unit with a module has.
#pragma once

#include "config/check.hpp"
#include "config/read_unit.hpp"

namespace superd::config {

// Whether values have the forms of `workers`, `cpus` and `config`, as check_value() tells it.
bool check_workers(const Key& key, const Value& value, const Refuse& refuse);
bool check_cpus(const Value& value, const Refuse& refuse);
bool check_any_table(const Value& value, const Refuse& refuse);

// What must be known before the rest is read: how many workers there are.
void read_workers(const Fields& fields, std::uint32_t cores, Unit& unit);
// Everything else; `unit` has its own [restart], [stop] and [ready] by then.
void read_hosted(const Fields& fields, Environment& environment, Programs& programs, Unit& unit);

}  // namespace superd::config
