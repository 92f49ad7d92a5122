// "did you mean": the known word nearest to one that is not known.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace superd {

// The word that `wrong` was probably meant to be: the one with the fewest
// letters to insert, delete, replace or swap; none if that is more than two,
// or half of the word.
std::optional<std::string_view> nearest(std::string_view wrong,
                                        std::span<const std::string_view> known);

}  // namespace superd
