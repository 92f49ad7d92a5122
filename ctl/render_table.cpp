#include "ctl/duration.hpp"
#include "ctl/render.hpp"

#include <algorithm>
#include <array>

namespace superctl {

namespace {

constexpr std::size_t columns_count = 6;
constexpr std::array<std::string_view, columns_count> titles{"NAME",  "STATE",    "PID",
                                                             "SINCE", "RESTARTS", "REASON"};
constexpr std::size_t state_column = 1;
constexpr std::size_t gap = 2;
constexpr std::size_t reason_min = 10;  // Narrower is of no use: then the line wraps.

using Row = std::array<std::string, columns_count>;

Row cells_of(const superd::wire::SummaryRow& row) {
    auto state = row.state;
    if (row.instances != 1) {
        state += " " + std::to_string(row.ready) + "/" + std::to_string(row.instances);
    }
    return {row.name,
            std::move(state),
            row.pid ? std::to_string(*row.pid) : "-",
            format_duration(std::chrono::milliseconds{row.since_ms}),
            std::to_string(row.restarts),
            printable(row.reason)};
}

// The first `columns` of the text, with an ellipsis if that is not all.
std::string cut(const std::string& text, std::size_t columns) {
    if (width(text) <= columns) return text;
    std::size_t end = 0, seen = 0;
    while (end < text.size() && seen + 1 < columns) {
        ++end;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
        ++seen;
    }
    return text.substr(0, end) + "…";
}

}  // namespace

std::string render_table(const superd::wire::Summary& summary, const Style& style,
                         unsigned columns) {
    if (summary.rows.empty()) return {};
    std::vector<Row> rows;
    rows.reserve(summary.rows.size());
    std::array<std::size_t, columns_count> widths{};
    std::ranges::transform(titles, widths.begin(), width);
    for (const auto& row : summary.rows) {
        rows.push_back(cells_of(row));
        for (std::size_t i = 0; i + 1 < columns_count; ++i) {
            widths[i] = std::max(widths[i], width(rows.back()[i]));
        }
    }
    std::size_t before_reason = 0;
    for (std::size_t i = 0; i + 1 < columns_count; ++i) before_reason += widths[i] + gap;
    const bool cuts = columns >= before_reason + reason_min;

    std::string out;
    out.reserve((rows.size() + 1) * (before_reason + 32));
    const auto pad = [&](std::size_t column, std::size_t used) {
        out.append(widths[column] - used + gap, ' ');
    };
    for (std::size_t i = 0; i < columns_count; ++i) {
        out += style.bold(titles[i]);
        if (i + 1 < columns_count) pad(i, titles[i].size());
    }
    out += '\n';
    for (std::size_t r = 0; r < rows.size(); ++r) {
        auto& row = rows[r];
        if (cuts) row.back() = cut(row.back(), columns - before_reason);
        const bool no_reason = row.back().empty();
        for (std::size_t i = 0; i < columns_count; ++i) {
            out += i == state_column ? style.state(summary.rows[r].state, row[i]) : row[i];
            const bool last = i + 1 >= columns_count - (no_reason ? 1 : 0);
            if (!last) pad(i, width(row[i]));
        }
        out += '\n';
    }
    return out;
}

}  // namespace superctl
