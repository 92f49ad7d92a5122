// Columns of text, each as wide as its widest cell.
#pragma once

#include "ctl/output.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace superctl {

class TextTable {
public:
    enum class Align { left, right };
    // A column that is empty in every row is not shown if it `may_go`.
    struct Column {
        std::string_view title;
        Align align = Align::left;
        bool may_go = false;
    };

    explicit TextTable(std::vector<Column> columns) : columns_{std::move(columns)} {}

    // A cell a column; the cells are made printable.
    void add(std::vector<std::string> cells);
    // Titles and rows, two spaces between columns; nothing when there is no row.
    std::string text(const Style& style) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace superctl
