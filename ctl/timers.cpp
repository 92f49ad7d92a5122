#include "ctl/timers.hpp"

#include "ctl/duration.hpp"
#include "ctl/render.hpp"
#include "ctl/stable_order.hpp"
#include "wire/json_writer.hpp"
#include "wire/last_exit.hpp"
#include "wire/time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <vector>

namespace superctl {

namespace {

namespace wire = superd::wire;

constexpr std::size_t columns_count = 5;
constexpr std::size_t gap = 2;
using Cells = std::array<std::string, columns_count>;

// One instance of a unit with a timer.
struct Timed {
    const wire::UnitStatus* unit = nullptr;
    const wire::InstanceStatus* instance = nullptr;

    std::string name() const {
        if (unit->instances.size() == 1 && instance->index == 0) return unit->name;
        return unit->name + "/" + std::to_string(instance->index);
    }
    std::int64_t due() const {
        const auto next = instance->next_run ? wire::parse_time(*instance->next_run) : std::nullopt;
        return next.value_or(std::numeric_limits<std::int64_t>::max());
    }
};

std::vector<Timed> timed(const wire::Status& status) {
    std::vector<Timed> found;
    for (const auto& unit : status.units) {
        if (!unit.timer) continue;
        for (const auto& instance : unit.instances) found.push_back({&unit, &instance});
    }
    sort_stably(found,
                [](const Timed& one, const Timed& other) { return one.due() < other.due(); });
    return found;
}

std::string distance(const std::string& moment, std::int64_t now_ns) {
    const auto at = wire::parse_time(moment);
    if (!at) return printable(moment);
    const std::chrono::milliseconds away{(*at - now_ns) / 1'000'000};
    if (away.count() >= 0) return "in " + format_duration(away);
    return format_duration(-away) + " ago";
}

std::string next_text(const wire::InstanceStatus& instance, std::int64_t now_ns) {
    if (instance.suspended) return "suspended";
    return instance.next_run ? distance(*instance.next_run, now_ns) : "-";
}

std::string result_text(const wire::InstanceStatus& instance, std::int64_t now_ns) {
    const auto& state = instance.state;
    if (state == "starting" || state == "stopping") {
        const auto since = wire::parse_time(instance.since);
        std::string text = state == "starting" ? "running" : state;
        if (since) {
            text +=
                " for " + format_duration(std::chrono::milliseconds{(now_ns - *since) / 1'000'000});
        }
        return text;
    }
    if (state == "waiting" || state == "backoff") return state;
    if (!instance.last_exit) return state == "failed" ? "failed" : "-";
    const auto& exit = *instance.last_exit;
    const std::chrono::milliseconds uptime{static_cast<std::int64_t>(exit.uptime * 1000 + 0.5)};
    return render_exit(exit.code, exit.signal, exit.core, exit.oom) + " after " +
           format_duration(uptime);
}

}  // namespace

std::string render_timers(const wire::Status& status, const Style& style, std::int64_t now_ns) {
    constexpr std::array<std::string_view, columns_count> titles{"NAME", "NEXT", "LAST", "RESULT",
                                                                 "SCHEDULE"};
    constexpr std::size_t result_column = 3;
    const auto all = timed(status);
    if (all.empty()) return {};
    std::vector<Cells> rows;
    std::array<std::size_t, columns_count> widths{};
    std::ranges::transform(titles, widths.begin(), width);
    for (const auto& each : all) {
        const auto& last = each.instance->last_run;
        rows.push_back({each.name(), next_text(*each.instance, now_ns),
                        last ? distance(*last, now_ns) : "-", result_text(*each.instance, now_ns),
                        printable(each.unit->timer->schedule)});
        for (std::size_t i = 0; i < columns_count; ++i) {
            widths[i] = std::max(widths[i], width(rows.back()[i]));
        }
    }
    std::string out;
    const auto add = [&](std::size_t column, std::string_view plain, std::string shown) {
        out += shown;
        const bool last = column + 1 == columns_count;
        last ? out += '\n' : out.append(widths[column] - width(plain) + gap, ' ');
    };
    for (std::size_t i = 0; i < columns_count; ++i) add(i, titles[i], style.bold(titles[i]));
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t i = 0; i < columns_count; ++i) {
            const auto& cell = rows[r][i];
            const bool result = i == result_column;
            add(i, cell, result ? style.state(all[r].instance->state, cell) : cell);
        }
    }
    return out;
}

std::string timers_as_json(const wire::Status& status) {
    std::string out;
    wire::JsonWriter json{out};
    json.begin_object();
    json.member("schema", wire::schema);
    json.key("timers");
    json.begin_array();
    for (const auto& each : timed(status)) {
        json.begin_object();
        json.member("unit", each.unit->name);
        json.member("instance", each.instance->index);
        json.member("schedule", each.unit->timer->schedule);
        json.member("overlap", each.unit->timer->overlap);
        json.member("catch-up", each.unit->timer->catch_up);
        json.member("suspended", each.instance->suspended);
        json.member("next", each.instance->next_run);
        json.member("last", each.instance->last_run);
        json.member("state", each.instance->state);
        json.key("last-exit");
        each.instance->last_exit ? wire::write(json, *each.instance->last_exit) : json.null();
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out + "\n";
}

}  // namespace superctl
