// Sorting that leaves equal ones as they were. libstdc++ 12 makes std::stable_sort of what C++23
// deprecates, which clang tells of.
#pragma once

#include <set>
#include <vector>

namespace superctl {

template <class Item, class Less>
void sort_stably(std::vector<Item>& items, Less less) {
    const std::multiset<Item, Less> sorted{items.begin(), items.end(), less};
    items.assign(sorted.begin(), sorted.end());
}

}  // namespace superctl
