#include "ctl/render_threads.hpp"

#include "ctl/duration.hpp"
#include "ctl/stable_order.hpp"
#include "ctl/text_table.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>

namespace superctl {

namespace {

namespace wire = superd::wire;

std::string instance_text(const wire::InstanceThreads& instance) {
    if (instance.instances == 1 && instance.index == 0) return instance.unit;
    return instance.unit + "/" + std::to_string(instance.index);
}

std::string percent_text(const std::optional<double>& percent) {
    if (!percent) return "-";
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", *percent);
    return text;
}

std::string time_text(double seconds) {
    return format_duration(
        std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000 + 0.5)});
}

std::string time_text(const std::optional<double>& seconds) {
    return seconds ? time_text(*seconds) : "";
}

// "futex_wait_queue (futex)": the function tells more, the call is what the program did.
std::string place_text(const wire::ThreadStatus& thread) {
    if (thread.system_call.empty()) return thread.wait_channel;
    if (thread.wait_channel.empty()) return thread.system_call;
    return thread.system_call + " (" + thread.wait_channel + ")";
}

struct Line {
    const wire::InstanceThreads* instance;
    const wire::ThreadStatus* thread;
};

void sort_lines(std::vector<Line>& lines, std::string_view sort) {
    const auto by = [&](auto value) {
        sort_stably(lines, [&](const Line& one, const Line& other) {
            return value(*one.thread) > value(*other.thread);
        });
    };
    using Thread = wire::ThreadStatus;
    if (sort == "cpu") by([](const Thread& thread) { return thread.cpu_percent.value_or(-1); });
    if (sort == "wait") by([](const Thread& thread) { return thread.wait_percent.value_or(-1); });
    if (sort == "time") by([](const Thread& thread) { return thread.cpu_time; });
    if (sort == "name") {
        sort_stably(lines, [](const Line& one, const Line& other) {
            return one.thread->name < other.thread->name;
        });
    }
}

}  // namespace

std::string render_threads(const wire::Threads& threads, std::string_view sort,
                           const Style& style) {
    std::vector<Line> lines;
    for (const auto& instance : threads.instances) {
        for (const auto& thread : instance.threads) lines.push_back({&instance, &thread});
    }
    sort_lines(lines, sort);
    using Align = TextTable::Align;
    TextTable table{{{"INSTANCE"},
                     {"PID", Align::right},
                     {"TID", Align::right},
                     {"NAME"},
                     {"STATE"},
                     {"CPU%", Align::right},
                     {"WAIT%", Align::right},
                     {"CPU TIME", Align::right},
                     {"SLEEPS IN", Align::left, true},
                     {"BEAT", Align::right, true},
                     {"BUSY", Align::right, true},
                     {"TASK", Align::left, true}}};
    for (const auto& [instance, thread] : lines) {
        const auto slot = thread->slot.value_or(wire::SlotStatus{});
        table.add({instance_text(*instance), std::to_string(thread->pid),
                   std::to_string(thread->tid), thread->name, thread->state,
                   percent_text(thread->cpu_percent), percent_text(thread->wait_percent),
                   time_text(thread->cpu_time), place_text(*thread), time_text(slot.beat_age),
                   time_text(slot.task_age), slot.task});
    }
    return table.text(style);
}

std::string left_out_text(const wire::Threads& threads) {
    std::string out;
    for (const auto& instance : threads.instances) {
        if (instance.left_out == 0) continue;
        out += instance_text(instance) + ": " + std::to_string(instance.left_out) +
               " more threads were not looked at; name fewer units to see more of them\n";
    }
    return out;
}

}  // namespace superctl
