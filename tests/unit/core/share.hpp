// What the configuration shares with the core, for tests that have none.
#pragma once

#include "core/spec.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace superd::core {

inline std::vector<SharedSpec> share(std::vector<UnitSpec> specs) {
    std::vector<SharedSpec> shared;
    for (auto& spec : specs) shared.push_back(std::make_shared<UnitSpec>(std::move(spec)));
    return shared;
}

}  // namespace superd::core
