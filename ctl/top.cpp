#include "ctl/top.hpp"

#include "ctl/duration.hpp"
#include "ctl/stable_order.hpp"
#include "wire/json_writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace superctl {

namespace {

namespace wire = superd::wire;

constexpr std::size_t columns_count = 7;
constexpr std::size_t gap = 2;
constexpr std::size_t first_number = 2;  // From here on columns are flush right.
constexpr std::size_t state_column = 1;
using Cells = std::array<std::string, columns_count>;

std::string percent(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

Cells cells_of(const TopRow& row) {
    return {printable(row.name),
            row.state,
            row.pid ? std::to_string(*row.pid) : "-",
            row.cpu ? percent(*row.cpu) : "-",
            row.memory ? format_bytes(*row.memory) : "-",
            row.tasks ? std::to_string(*row.tasks) : "-",
            std::to_string(row.restarts)};
}

std::string sums(const std::vector<TopRow>& rows) {
    double cpu = 0;
    std::uint64_t memory = 0, tasks = 0, running = 0;
    for (const auto& row : rows) {
        running += row.pid ? 1 : 0;
        cpu += row.cpu.value_or(0);
        memory += row.memory.value_or(0);
        tasks += row.tasks.value_or(0);
    }
    return std::to_string(running) + " of " + std::to_string(rows.size()) + " instances run: cpu " +
           percent(cpu) + "%, memory " + format_bytes(memory) + ", tasks " + std::to_string(tasks);
}

}  // namespace

std::vector<TopRow> Top::take(const wire::Status& status, std::chrono::nanoseconds at) {
    const double elapsed = std::chrono::duration<double>(at - at_).count();
    std::map<std::pair<std::string, std::uint32_t>, Look> now;
    std::vector<TopRow> rows;
    for (const auto& unit : status.units) {
        for (const auto& instance : unit.instances) {
            TopRow row;
            row.unit = unit.name;
            row.index = instance.index;
            row.name = unit.name;
            if (unit.instances.size() > 1) row.name += "/" + std::to_string(instance.index);
            row.state = instance.state;
            row.restarts = instance.restarts;
            row.pid = instance.pid;
            row.memory = instance.memory;
            row.tasks = instance.tasks;
            const std::pair key{unit.name, instance.index};
            const auto before = before_.find(key);
            const bool known = before != before_.end() && before->second.run == instance.run;
            if (instance.cpu && known && elapsed > 0) {
                // A child that ended between the looks takes its time along.
                row.cpu = std::max(0.0, (*instance.cpu - before->second.cpu) / elapsed * 100);
            }
            if (instance.cpu) now[key] = {instance.run, *instance.cpu};
            rows.push_back(std::move(row));
        }
    }
    before_ = std::move(now);
    at_ = at;
    sort_stably(rows, [](const TopRow& one, const TopRow& other) {
        if (one.cpu.value_or(-1) != other.cpu.value_or(-1)) {
            return one.cpu.value_or(-1) > other.cpu.value_or(-1);
        }
        return one.memory.value_or(0) > other.memory.value_or(0);
    });
    return rows;
}

std::string render_top(const std::vector<TopRow>& rows, const Style& style, std::size_t lines,
                       std::size_t columns) {
    constexpr std::array<std::string_view, columns_count> titles{
        "NAME", "STATE", "PID", "CPU%", "MEMORY", "TASKS", "RESTARTS"};
    constexpr std::size_t head = 2;
    std::size_t shown = rows.size();
    if (lines > head) shown = std::min(shown, lines - head);
    std::vector<Cells> table;
    std::array<std::size_t, columns_count> widths{};
    std::ranges::transform(titles, widths.begin(), width);
    for (std::size_t r = 0; r < shown; ++r) {
        table.push_back(cells_of(rows[r]));
        for (std::size_t i = 0; i < columns_count; ++i) {
            widths[i] = std::max(widths[i], width(table.back()[i]));
        }
    }
    // What does not fit is cut off the names, which may be long.
    std::size_t all = gap * (columns_count - 1);
    for (const auto each : widths) all += each;
    if (columns != 0 && all > columns) {
        const auto over = all - columns;
        widths[0] -= std::min(over, widths[0] - std::min<std::size_t>(widths[0], 8));
    }
    std::string out = sums(rows) + "\n";
    const auto add = [&](std::size_t column, std::string plain, bool title,
                         std::string_view state) {
        if (column == 0) plain = plain.substr(0, std::max<std::size_t>(widths[0], 1));
        const std::string pad(widths[column] - std::min(widths[column], width(plain)), ' ');
        const auto text = title                    ? style.bold(plain)
                          : column == state_column ? style.state(state, plain)
                                                   : plain;
        if (column > 0) out.append(gap, ' ');
        out += column >= first_number ? pad + text : text + pad;
    };
    for (std::size_t i = 0; i < columns_count; ++i) add(i, std::string{titles[i]}, true, {});
    out += '\n';
    for (std::size_t r = 0; r < shown; ++r) {
        for (std::size_t i = 0; i < columns_count; ++i) add(i, table[r][i], false, rows[r].state);
        out += '\n';
    }
    return out;
}

std::string top_as_json(const std::vector<TopRow>& rows) {
    std::string out;
    wire::JsonWriter json{out};
    json.begin_object();
    json.member("schema", wire::schema);
    json.key("instances");
    json.begin_array();
    for (const auto& row : rows) {
        json.begin_object();
        json.member("unit", row.unit);
        json.member("instance", row.index);
        json.member("state", row.state);
        json.member("pid", row.pid);
        json.member("cpu-percent", row.cpu);
        json.member("memory", row.memory);
        json.member("tasks", row.tasks);
        json.member("restarts", row.restarts);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out + "\n";
}

}  // namespace superctl
