#include "worker/identity.hpp"

#include <algorithm>
#include <string_view>

namespace superd::worker {
namespace {

constexpr std::string_view identity[] = {"SUPERD_RUN", "SUPERD_INSTANCE"};

// The variable's text in the block, with its name; empty when it has none.
std::span<char> find(std::span<char> block, std::string_view name) {
    while (!block.empty()) {
        const std::string_view all{block.data(), block.size()};
        const auto size = std::min(all.find('\0'), all.size());
        if (size > name.size() && all.starts_with(name) && all[name.size()] == '=')
            return block.first(size);
        block = block.subspan(std::min(size + 1, block.size()));
    }
    return {};
}

}  // namespace

void show_identity(std::span<char> block,
                   const std::vector<std::pair<std::string, std::string>>& variables) {
    for (const auto& [name, value] : variables) {
        if (std::ranges::find(identity, name) == std::end(identity)) continue;
        const auto place = find(block, name);
        const std::string text = name + "=" + value;
        std::ranges::fill(place, '\0');
        if (text.size() <= place.size()) std::ranges::copy(text, place.begin());
    }
}

}  // namespace superd::worker
