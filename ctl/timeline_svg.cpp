// The timeline as a drawing.
#include "ctl/duration.hpp"
#include "ctl/timeline.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>

namespace superctl {

namespace {

constexpr double chart_width = 1000, row_height = 22, head = 40, margin = 10, letter = 7.2;

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return text.data();
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string span_text(std::int64_t ns) {
    return format_duration(std::chrono::milliseconds{std::max<std::int64_t>(ns, 0) / 1'000'000});
}

// One drawing at work.
class Drawing {
public:
    explicit Drawing(const Timeline& timeline) : timeline_{timeline} {
        for (const auto& row : timeline.rows) {
            left_ = std::max(left_, margin * 2 + letter * static_cast<double>(width(row.name)));
        }
        span_ = static_cast<double>(std::max<std::int64_t>(timeline.end - timeline.begin, 1));
    }

    std::string draw() {
        const auto rows = static_cast<double>(timeline_.rows.size());
        height_ = head + rows * row_height + 2 * row_height;
        begin();
        grid();
        for (std::size_t i = 0; i < timeline_.rows.size(); ++i) row(i);
        legend();
        return out_ + "</svg>\n";
    }

private:
    double x(std::int64_t at) const {
        return left_ + static_cast<double>(at - timeline_.begin) / span_ * chart_width;
    }
    static double y(std::size_t row) { return head + static_cast<double>(row) * row_height; }

    void begin() {
        const auto all = number(left_ + chart_width + 2 * margin), high = number(height_);
        out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + all + "\" height=\"" + high +
               "\" viewBox=\"0 0 " + all + " " + high +
               "\" font-family=\"monospace\" font-size=\"12\">\n"
               "<style>.waiting{fill:#d9d9d9}.starting{fill:#f2b84b}.ready{fill:#5aa469}"
               ".stopping{fill:#8a9bb5}.backoff{fill:#e58f8f}.grid{stroke:#e5e5e5}"
               ".on{stroke:#777;fill:none;marker-end:url(#tip)}.end{stroke:#b00020;"
               "stroke-width:2}</style>\n"
               "<defs><marker id=\"tip\" markerWidth=\"6\" markerHeight=\"6\" refX=\"5\" "
               "refY=\"3\" orient=\"auto\"><path d=\"M0,0 L6,3 L0,6 z\" fill=\"#777\"/></marker>"
               "</defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    }

    // Lines at round distances: 1, 2 or 5 of a power of ten.
    void grid() {
        const double wanted = span_ / 8;
        double step = std::pow(10, std::floor(std::log10(wanted)));
        if (step * 5 <= wanted)
            step *= 5;
        else if (step * 2 <= wanted)
            step *= 2;
        step = std::max(step, 1e6);
        for (double at = 0; at <= span_; at += step) {
            const auto place = number(x(timeline_.begin + static_cast<std::int64_t>(at)));
            out_ += "<line class=\"grid\" x1=\"" + place + "\" x2=\"" + place + "\" y1=\"" +
                    number(head - 6) + "\" y2=\"" + number(height_ - row_height) + "\"/>\n";
            out_ += "<text x=\"" + place + "\" y=\"" + number(head - 12) + "\">" +
                    span_text(static_cast<std::int64_t>(at)) + "</text>\n";
        }
    }

    void row(std::size_t index) {
        const auto& row = timeline_.rows[index];
        out_ += "<text x=\"" + number(margin) + "\" y=\"" + number(y(index) + 15) + "\">" +
                escaped(printable(row.name)) + "</text>\n";
        for (const auto& span : row.spans) {
            out_ += "<rect class=\"" + span.state + "\" x=\"" + number(x(span.begin)) + "\" y=\"" +
                    number(y(index) + 3) + "\" width=\"" +
                    number(std::max(x(span.end) - x(span.begin), 1.0)) + "\" height=\"" +
                    number(row_height - 6) + "\"><title>" + escaped(printable(row.name)) + " " +
                    span.state + (span.on.empty() ? "" : " on " + escaped(printable(span.on))) +
                    ", " + span_text(span.end - span.begin) + "</title></rect>\n";
            if (!span.on.empty()) arrow(index, span);
        }
        for (const auto death : row.deaths) {
            const auto place = number(x(death));
            out_ += "<line class=\"end\" x1=\"" + place + "\" x2=\"" + place + "\" y1=\"" +
                    number(y(index) + 1) + "\" y2=\"" + number(y(index) + row_height - 1) +
                    "\"/>\n";
        }
    }

    // From what was waited on to the end of the wait.
    void arrow(std::size_t index, const Span& span) {
        const auto found = std::ranges::find(timeline_.rows, span.on, &TimelineRow::name);
        if (found == timeline_.rows.end()) return;
        const auto from = static_cast<std::size_t>(found - timeline_.rows.begin());
        const auto place = number(x(span.end));
        const bool down = from < index;
        out_ += "<path class=\"on\" d=\"M" + place + "," +
                number(y(from) + (down ? row_height - 3 : 3)) + " L" + place + "," +
                number(y(index) + (down ? 3 : row_height - 3)) + "\"/>\n";
    }

    void legend() {
        double at = left_;
        for (const auto* const state : {"waiting", "starting", "ready", "stopping", "backoff"}) {
            const auto base = height_ - row_height;
            out_ += "<rect class=\"" + std::string{state} + "\" x=\"" + number(at) + "\" y=\"" +
                    number(base + 2) + "\" width=\"12\" height=\"12\"/><text x=\"" +
                    number(at + 16) + "\" y=\"" + number(base + 12) + "\">" + state + "</text>\n";
            at += 100;
        }
    }

    const Timeline& timeline_;
    double left_ = 80, span_ = 1, height_ = 0;
    std::string out_;
};

}  // namespace

std::string timeline_svg(const Timeline& timeline) { return Drawing{timeline}.draw(); }

}  // namespace superctl
