#include "ctl/command.hpp"

#include <algorithm>

namespace superctl {

bool Invocation::has(std::string_view flag) const {
    return std::ranges::any_of(flags, [&](const auto& one) { return one.first == flag; });
}

std::string_view Invocation::value(std::string_view flag) const {
    // The last one counts, as with most programs.
    std::string_view found;
    for (const auto& [name, content] : flags) {
        if (name == flag) found = content;
    }
    return found;
}

}  // namespace superctl
