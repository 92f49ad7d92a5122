#include "ctl/render_tasks.hpp"

#include "ctl/duration.hpp"
#include "ctl/text_table.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <vector>

namespace superctl {

namespace {

namespace wire = superd::wire;

std::string name_of(const wire::WorkerTasks& worker) {
    if (worker.instances == 1 && worker.index == 0) return worker.unit;
    return worker.unit + "/" + std::to_string(worker.index);
}

std::string time_text(const std::optional<double>& seconds) {
    if (!seconds) return "";
    return format_duration(
        std::chrono::milliseconds{static_cast<std::int64_t>(*seconds * 1000 + 0.5)});
}

std::string joined(const std::vector<std::string>& lints) {
    std::string out;
    for (const auto& lint : lints) out += (out.empty() ? "" : "; ") + lint;
    return out;
}

std::string place(const wire::TaskStatus& task) {
    return task.file.empty() ? "" : task.file + ":" + std::to_string(task.line);
}

void add_slot(TextTable& table, const wire::WorkerTasks& worker, const wire::TaskSlot& slot) {
    std::string state = std::to_string(slot.done) + " done";
    if (slot.kind == "loop") state += ", " + std::to_string(slot.live) + " live";
    table.add({name_of(worker), std::to_string(slot.tid), slot.kind, slot.task, "", state,
               time_text(slot.task_age), joined(slot.lints)});
}

void add_task(TextTable& table, const wire::WorkerTasks& worker, const wire::TaskSlot* slot,
              const wire::TaskStatus& task) {
    const bool in_loop = slot != nullptr && slot->kind == "loop";
    std::string state = task.state;
    if (task.state_age) state += " " + time_text(task.state_age);
    table.add({name_of(worker), slot != nullptr ? std::to_string(slot->tid) : "",
               in_loop ? "coroutine" : "task", task.name, place(task), state, time_text(task.age),
               joined(task.lints)});
}

}  // namespace

std::string render_tasks(const wire::Tasks& tasks, const Style& style) {
    using Align = TextTable::Align;
    TextTable table{{{"INSTANCE"},
                     {"TID", Align::right},
                     {"KIND"},
                     {"NAME"},
                     {"BEGUN AT", Align::left, true},
                     {"STATE"},
                     {"AGE", Align::right},
                     {"NOTE", Align::left, true}}};
    for (const auto& worker : tasks.workers) {
        std::set<std::uint32_t> shown;
        for (const auto& slot : worker.slots) {
            shown.insert(slot.slot);
            add_slot(table, worker, slot);
            for (const auto& task : worker.tasks) {
                if (task.slot == slot.slot) add_task(table, worker, &slot, task);
            }
        }
        for (const auto& task : worker.tasks) {
            if (!shown.contains(task.slot)) add_task(table, worker, nullptr, task);
        }
    }
    return table.text(style);
}

std::string untold_text(const wire::Tasks& tasks, bool named) {
    std::string out;
    const std::string* last = nullptr;
    for (const auto& worker : tasks.workers) {
        const std::string name = name_of(worker);
        if (!worker.hosted) {
            const bool again = last != nullptr && *last == worker.unit;
            last = &worker.unit;
            if (!named || again) continue;
            out += worker.unit + " is not hosted by superd, which knows nothing of its tasks; " +
                   "`superctl threads " + worker.unit + "` shows its threads\n";
            continue;
        }
        if (worker.left_out != 0) {
            out += name + ": " + std::to_string(worker.left_out) +
                   " more tasks are not shown; name fewer units to see more of them\n";
        }
        if (worker.lost != 0) {
            out += name + ": " + std::to_string(worker.lost) +
                   " tasks found no place in its list and were never shown\n";
        }
    }
    return out;
}

}  // namespace superctl
