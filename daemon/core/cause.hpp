// What keeps an instance from being up, or brings it down, when that is
// another one: the links of the chain that `superctl why` tells.
#pragma once

#include "core/instance.hpp"
#include "core/spec.hpp"

#include <cstdint>
#include <string_view>

namespace superd::core {

enum class Because : std::uint8_t {
    waits_on,       // It waits until that one is `when`.
    needs,          // It ends, or has ended, because that one, which it needs, is lost.
    group_wait,     // Its group `via` starts again, and that member is not down yet.
    group_restart,  // Its group `via` starts again, as that member has ended.
    group_ended,    // Its group, that one, has ended by itself.
    member,         // It is a group, and that member keeps it from being up.
    essential,      // superd stops because that one is lost.
    dependents,     // It is to be stopped after that one.
};

struct Cause {
    Because because{};
    InstanceId instance;      // Of the one that it is about.
    UnitId via = 0;           // group_wait, group_restart: the group.
    When when = When::ready;  // waits_on
    bool order_only = false;  // waits_on: `after`, not `needs`.
};

std::string_view to_string(Because because);

}  // namespace superd::core
