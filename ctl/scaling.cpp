#include "ctl/scaling.hpp"

#include <algorithm>

namespace superctl {

bool is_amount(std::string_view text) {
    if (text == "cores" || text == "reset") return true;
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    constexpr std::size_t digits_max = 9;  // All that 32 bits hold for sure.
    return !text.empty() && text.size() <= digits_max &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void join_scalings(std::vector<std::string>& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& before = words[i - 1];
        const bool name = !before.empty() && !before.starts_with('-') && !before.contains('=');
        // What stands after a flag that takes a value is no name.
        const bool value = i >= 2 && (words[i - 2] == "--timeout" || words[i - 2] == "--wait");
        if (!name || value || !is_amount(words[i])) continue;
        words[i - 1] += "=" + words[i];
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

std::optional<Scaling> parse_scaling(std::string_view word) {
    const auto equals = word.rfind('=');
    if (equals == word.npos || equals == 0) return std::nullopt;
    return Scaling{std::string{word.substr(0, equals)}, std::string{word.substr(equals + 1)}};
}

}  // namespace superctl
