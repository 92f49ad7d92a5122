#include "base/nearest.hpp"

#include <algorithm>
#include <vector>

namespace superd {

namespace {

// Damerau-Levenshtein, restricted to swaps of neighbours; three rows of the table.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view wrong,
                                        std::span<const std::string_view> known) {
    constexpr std::size_t length_max = 64;  // Longer is no slip of the fingers.
    if (wrong.size() > length_max) return {};
    std::optional<std::string_view> best;
    std::size_t best_distance = std::min<std::size_t>(2, wrong.size() / 2) + 1;
    for (const auto word : known) {
        if (word.size() > length_max) continue;
        const auto this_distance = distance(wrong, word);
        if (this_distance < best_distance) {
            best = word;
            best_distance = this_distance;
        }
    }
    return best;
}

}  // namespace superd
