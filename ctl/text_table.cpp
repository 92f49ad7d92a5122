#include "ctl/text_table.hpp"

#include <algorithm>
#include <cassert>

namespace superctl {

void TextTable::add(std::vector<std::string> cells) {
    assert(cells.size() == columns_.size());
    for (auto& cell : cells) cell = printable(cell);
    rows_.push_back(std::move(cells));
}

std::string TextTable::text(const Style& style) const {
    if (rows_.empty()) return {};
    std::vector<std::size_t> shown, widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = 0;
        for (const auto& row : rows_) widest = std::max(widest, width(row[i]));
        if (widest == 0 && columns_[i].may_go) continue;
        shown.push_back(i);
        widths.push_back(std::max(widest, width(columns_[i].title)));
    }
    std::string out;
    const auto append = [&](const auto& cell_of, bool title) {
        std::string line;
        std::size_t owed = 0;  // Spaces, which none need at the end of a line.
        for (std::size_t i = 0; i < shown.size(); ++i) {
            const std::string_view cell = cell_of(shown[i]);
            const std::size_t pad = widths[i] - width(cell);
            const bool right = columns_[shown[i]].align == Align::right;
            if (right) owed += pad;
            if (!cell.empty()) {
                line.append(owed, ' ');
                line += title ? style.bold(cell) : std::string{cell};
                owed = 0;
            }
            owed += (right ? 0 : pad) + 2;
        }
        out += line + "\n";
    };
    append([&](std::size_t i) -> std::string_view { return columns_[i].title; }, true);
    for (const auto& row : rows_) {
        append([&](std::size_t i) -> std::string_view { return row[i]; }, false);
    }
    return out;
}

}  // namespace superctl
