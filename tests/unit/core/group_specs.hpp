// Groups, as the tests of them make them.
#pragma once

#include "tests/unit/core/world.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace superd::core {

inline UnitSpec group(std::string name, std::vector<std::string> members,
                      Strategy strategy = Strategy::one_for_one, std::uint32_t limit = 0) {
    auto made = spec(std::move(name));
    made.type = UnitType::group;
    auto rule = std::make_shared<GroupRule>();
    rule->members = std::move(members);
    rule->strategy = strategy;
    rule->limit = limit;
    rule->window = 1min;
    made.group = std::move(rule);
    return made;
}

inline UnitSpec significant(UnitSpec made, std::string name) {
    auto rule = std::make_shared<GroupRule>(*made.group);
    rule->significant = {std::move(name)};
    made.group = std::move(rule);
    return made;
}

}  // namespace superd::core
