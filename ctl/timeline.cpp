#include "ctl/timeline.hpp"

#include "ctl/duration.hpp"
#include "wire/event.hpp"
#include "wire/time.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace superctl {

namespace {

namespace wire = superd::wire;

// What is neither running nor on its way is not drawn.
bool drawn(std::string_view state) {
    return state == "waiting" || state == "starting" || state == "ready" || state == "stopping" ||
           state == "backoff";
}

class Maker {
public:
    void take(const wire::Event& event) {
        const auto at = wire::parse_time(event.time);
        if (!at) return;
        if (made_.begin == 0) made_.begin = *at;
        made_.end = std::max(made_.end, *at);
        if (event.unit.empty() || !event.instance) return;
        if (event.kind == wire::EventKind::exit) row(event).deaths.push_back(*at);
        if (event.kind != wire::EventKind::state) return;
        auto& spans = row(event).spans;
        const bool open = !spans.empty() && spans.back().end == 0;
        if (open) {
            spans.back().end = *at;
        } else if (spans.empty() && drawn(event.from)) {
            spans.push_back({event.from, made_.begin, *at, ""});  // It was so before.
        }
        if (drawn(event.to)) spans.push_back({event.to, *at, 0, event.on});
    }

    Timeline finish() {
        for (auto& row : made_.rows) {
            if (!row.spans.empty() && row.spans.back().end == 0) row.spans.back().end = made_.end;
            // What was passed through at once is no wait.
            std::erase_if(row.spans, [](const Span& span) {
                return span.end <= span.begin && span.state == "waiting";
            });
        }
        std::erase_if(made_.rows, [](const auto& row) { return row.spans.empty(); });
        std::ranges::sort(made_.rows, {}, [](const auto& row) {
            return std::pair{row.spans.front().begin, row.name};
        });
        return std::move(made_);
    }

private:
    TimelineRow& row(const wire::Event& event) {
        auto name = event.unit;
        if (*event.instance > 0) name += "/" + std::to_string(*event.instance);
        const auto [found, is_new] = rows_.try_emplace(name, made_.rows.size());
        if (is_new) made_.rows.push_back({.name = name, .spans = {}, .deaths = {}});
        return made_.rows[found->second];
    }

    Timeline made_;
    std::map<std::string, std::size_t> rows_;
};

std::string span_text(std::int64_t ns) {
    return format_duration(std::chrono::milliseconds{ns / 1'000'000});
}

std::string_view mark(std::string_view state, bool ascii) {
    if (state == "waiting") return ascii ? "." : "·";
    if (state == "starting") return ascii ? "+" : "▒";
    if (state == "ready") return ascii ? "=" : "█";
    if (state == "stopping") return ascii ? "-" : "▁";
    return "~";
}

// One cell a column; where several states fall into one, the last that begins there.
std::string bar(const Timeline& timeline, const TimelineRow& row, std::size_t cells, bool ascii,
                const Style& style) {
    const double scale = static_cast<double>(cells) / static_cast<double>(std::max<std::int64_t>(
                                                          timeline.end - timeline.begin, 1));
    const auto cell = [&](std::int64_t at) {
        const auto place = static_cast<std::size_t>(
            static_cast<double>(std::max<std::int64_t>(at - timeline.begin, 0)) * scale);
        return std::min(place, cells - 1);
    };
    std::vector<const Span*> owners(cells, nullptr);
    for (const auto& span : row.spans) {
        for (auto at = cell(span.begin); at <= cell(span.end); ++at) owners[at] = &span;
    }
    std::vector<bool> dead(cells, false);
    for (const auto death : row.deaths) dead[cell(death)] = true;
    std::string out;
    for (std::size_t at = 0; at < cells; ++at) {
        if (dead[at]) {
            out += style.state("failed", ascii ? "x" : "×");
        } else if (owners[at] == nullptr) {
            out += ' ';
        } else {
            out += style.state(owners[at]->state, mark(owners[at]->state, ascii));
        }
    }
    return out;
}

// "ready after 1.2s; waited 400ms on db"
std::string remark(const Timeline& timeline, const TimelineRow& row) {
    std::string out;
    for (const auto& span : row.spans) {
        if (span.state != "ready") continue;
        out = "ready after " + span_text(span.begin - timeline.begin);
        break;
    }
    for (const auto& span : row.spans) {
        if (span.state != "waiting" || span.on.empty()) continue;
        out += (out.empty() ? "" : "; ") + std::string{"waited "} +
               span_text(span.end - span.begin) + " on " + printable(span.on);
        break;
    }
    if (row.deaths.size() == 1) out += out.empty() ? "ended once" : "; ended once";
    if (row.deaths.size() > 1) {
        out += (out.empty() ? "ended " : "; ended ") + std::to_string(row.deaths.size()) + " times";
    }
    return out;
}

}  // namespace

Timeline make_timeline(std::string_view events) {
    Maker maker;
    while (!events.empty()) {
        const auto line = events.substr(0, events.find('\n'));
        events.remove_prefix(std::min(events.size(), line.size() + 1));
        if (const auto event = wire::parse_event(line)) maker.take(*event);
    }
    return maker.finish();
}

std::string render_timeline(const Timeline& timeline, unsigned columns, bool ascii,
                            const Style& style) {
    if (timeline.rows.empty()) return {};
    constexpr std::size_t cells_min = 20, columns_default = 100;
    std::size_t names = 0, remarks = 0;
    for (const auto& row : timeline.rows) {
        names = std::max(names, width(row.name));
        remarks = std::max(remarks, width(remark(timeline, row)));
    }
    const std::size_t room = columns == 0 ? columns_default : columns;
    const auto used = names + remarks + 4;
    const auto cells = room > used + cells_min ? room - used : cells_min;
    std::string out = style.faint(timeline.rows.empty() ? "" : wire::format_time(timeline.begin)) +
                      ", " + span_text(timeline.end - timeline.begin) + " in all\n";
    for (const auto& row : timeline.rows) {
        auto line = printable(row.name) + std::string(names - width(row.name) + 2, ' ') +
                    bar(timeline, row, cells, ascii, style);
        const auto text = remark(timeline, row);
        out += line + (text.empty() ? "" : "  " + text) + "\n";
    }
    for (const auto* const state : {"waiting", "starting", "ready", "stopping", "backoff"}) {
        out += style.state(state, mark(state, ascii)) + " " + state + "  ";
    }
    return out + style.state("failed", ascii ? "x" : "×") + " ended\n";
}

}  // namespace superctl
