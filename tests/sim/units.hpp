// The configuration of a simulated superd: what units there are, and how it changes.
// Each unit is made from its own number alone, so that one that is left out
// leaves the others as they were.
#pragma once

#include "core/spec.hpp"
#include "tests/sim/profile.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace superd::sim {

class Units {
public:
    Units(const Case& it, const Profile& profile);

    // The configuration as it is now. What has not changed is the same object as before.
    std::vector<core::SharedSpec> specs();
    // Changes one to three units: other rules, gone, or back again.
    void change(Rng random);
    // From now on superd lives without each of them.
    void none_is_essential();

private:
    struct Made {
        bool present = true;
        std::uint32_t generation = 0;
        core::SharedSpec last;
        std::uint32_t shown = 0;  // Of which generation that is.
    };
    core::UnitSpec service(std::uint32_t number) const;
    core::UnitSpec group(std::uint32_t number, const std::vector<core::UnitSpec>& before);
    void add_dependencies(core::UnitSpec& spec, std::uint32_t number,
                          const std::vector<core::UnitSpec>& before) const;

    const Case& case_;
    Profile profile_;
    bool may_be_essential_ = true;
    std::map<std::uint32_t, Made> made_;  // By number, from 1.
    std::set<std::string> grouped_;
    std::map<std::string, std::uint32_t> lowest_;  // Number of a group's first leaf.
};

}  // namespace superd::sim
