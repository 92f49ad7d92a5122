// RUNTIME/accepted: the configuration in force, as the texts it was read from.
//
// After a reload some units still have their earlier definition, since another
// one would need a restart. Their texts are kept beside the present ones.
#pragma once

#include "base/result.hpp"
#include "config/load.hpp"

#include <cstddef>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace superd::supervisor {

struct Accepted {
    std::vector<config::Sources> generations;      // The present one is the last.
    std::map<std::string, std::size_t> held_back;  // Units whose definition is of an earlier one.

    std::string serialize() const;
    // Refuses anything damaged.
    static Result<Accepted> deserialize(std::string_view bytes);
};

// `next` takes the place of what was, but for the definitions of `held_back`.
Accepted succeed(Accepted before, config::Sources next, const std::set<std::string>& held_back);

// The configuration that the texts make. A definition of an earlier generation
// that is not valid any more (its user is gone, say) gives way to the present one.
std::expected<config::Configuration, config::Diagnostics> realize(const Accepted& accepted);

// A circle in the dependencies, "a -> b -> a"; empty: there is none. Each
// generation is free of them, but a mixture might not be.
std::string find_cycle(const config::Configuration& configuration);

}  // namespace superd::supervisor
