#include "ctl/duration.hpp"
#include "ctl/metric_text.hpp"
#include "ctl/render.hpp"
#include "wire/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace superctl {

namespace {

namespace wire = superd::wire;

std::chrono::milliseconds seconds(double amount) {
    return std::chrono::milliseconds{static_cast<std::int64_t>(amount * 1000 + 0.5)};
}

// "2026-11-23T21:49:35Z (5m 03s ago)"; without the fraction, which nobody reads.
std::string moment(const std::string& text, std::int64_t now_ns) {
    const auto at = wire::parse_time(text);
    if (!at) return printable(text);
    auto out = text;
    if (const auto dot = out.find('.'); dot != out.npos) {
        out.erase(dot, out.find_first_not_of("0123456789", dot + 1) - dot);
    }
    const auto distance = std::chrono::milliseconds{(now_ns - *at) / 1'000'000};
    if (distance.count() >= 0) return out + " (" + format_duration(distance) + " ago)";
    return out + " (in " + format_duration(-distance) + ")";
}

void line(std::string& out, const Style& style, std::string_view label,
          const std::string& content) {
    constexpr std::size_t label_columns = 11;
    out += "  " + style.faint(label);
    out.append(label_columns - std::min(label_columns - 1, label.size()), ' ');
    out += content + "\n";
}

std::string state_text(const Style& style, const std::string& state, const std::string& reason) {
    auto text = style.state(state, state);
    if (!reason.empty()) text += " (" + printable(reason) + ")";
    return text;
}

void append_exit(std::string& out, const Style& style, std::string_view label,
                 const wire::LastExit& exit, std::int64_t now_ns) {
    auto text = render_exit(exit.code, exit.signal, exit.core, exit.oom) + " at " +
                moment(exit.at, now_ns) + ", after running " +
                format_duration(seconds(exit.uptime));
    if (!exit.ended_by.empty()) {
        text += "; superd ended it: " + printable(exit.cause.empty() ? exit.ended_by : exit.cause);
    } else if (!exit.cause.empty()) {
        text += ": " + printable(exit.cause);
    }
    line(out, style, label, text);
    std::string used;
    if (exit.cpu) used += ", cpu " + format_duration(seconds(*exit.cpu));
    if (exit.memory) used += ", memory at most " + format_bytes(*exit.memory);
    if (exit.run != 0) {
        out += "               run " + std::to_string(exit.run) + ", pid " +
               std::to_string(exit.pid) + used + "\n";
    }
    for (std::size_t i = 0; i < exit.stack.size(); ++i) {
        out += "               #" + std::to_string(i) + " " + printable(exit.stack[i]) + "\n";
    }
    for (const auto& each : exit.lines) out += "               " + printable(each) + "\n";
}

// "1,234 done, 56.0 a second; 3 live; 1 of 1 threads busy; loop late by 0 ms, 12 ms at worst"
std::string worker_text(const wire::WorkerStatus& worker) {
    char rate[32] = "", lag[96] = "";
    if (worker.per_second) std::snprintf(rate, sizeof rate, ", %.1f a second", *worker.per_second);
    if (worker.lag_worst > 0) {
        std::snprintf(lag, sizeof lag, "; loop late by %.1f ms, %.1f ms at worst", worker.lag * 1e3,
                      worker.lag_worst * 1e3);
    }
    return std::to_string(worker.done) + " done" + rate + "; " + std::to_string(worker.live) +
           " live; " + std::to_string(worker.busy) + " of " + std::to_string(worker.slots) +
           " threads busy" + lag;
}

void append_check(std::string& out, const Style& style, const wire::CheckStatus& check,
                  std::int64_t now_ns) {
    std::string text = check.name + ": " + check.state;
    if (!check.since.empty()) text += " since " + moment(check.since, now_ns);
    if (!check.message.empty()) text += "; " + printable(check.message);
    if (check.failures > 1) text += ", " + std::to_string(check.failures) + " in a row";
    line(out, style, "check", text);
}

// "12.0 MiB, 20.0 MiB at the peak, 1.0 MiB swapped"
std::string memory_text(const wire::InstanceStatus& instance) {
    std::string text = format_bytes(*instance.memory);
    if (instance.memory_peak) text += ", " + format_bytes(*instance.memory_peak) + " at the peak";
    if (instance.swap && *instance.swap > 0)
        text += ", " + format_bytes(*instance.swap) + " swapped";
    return text;
}

// What was waited for in more than a hundredth of the last ten seconds; empty: nothing.
std::string pressure_text(const wire::PressureStatus& pressure) {
    std::string text;
    const auto add = [&](const std::optional<double>& share, const char* what) {
        if (!share || *share < 1) return;
        char one[48];
        std::snprintf(one, sizeof one, "%s%.0f %% of the time for %s", text.empty() ? "" : ", ",
                      *share, what);
        text += one;
    };
    add(pressure.cpu, "processors");
    add(pressure.memory, "memory");
    add(pressure.io, "disks");
    return text;
}

void append_instance(std::string& out, const Style& style, const wire::InstanceStatus& instance,
                     std::int64_t now_ns) {
    line(out, style, "state", state_text(style, instance.state, instance.reason));
    line(out, style, "since", moment(instance.since, now_ns));
    if (!instance.goal.empty()) line(out, style, "goal", instance.goal);
    if (instance.pid) line(out, style, "pid", std::to_string(*instance.pid));
    if (instance.run != 0) {
        line(out, style, "run",
             std::to_string(instance.run) + ", restarted " + std::to_string(instance.restarts) +
                 (instance.restarts == 1 ? " time" : " times"));
    }
    if (instance.other_run) {
        const wire::OtherRun& other = *instance.other_run;
        line(out, style, "other run",
             std::to_string(other.run) +
                 (other.pid ? ", pid " + std::to_string(*other.pid) : std::string{}) + ": " +
                 state_text(style, other.state, other.reason));
    }
    if (instance.ready_since) line(out, style, "ready", moment(*instance.ready_since, now_ns));
    if (instance.frozen_since) line(out, style, "frozen", moment(*instance.frozen_since, now_ns));
    if (instance.memory) line(out, style, "memory", memory_text(instance));
    if (instance.cpu) line(out, style, "cpu", format_duration(seconds(*instance.cpu)));
    if (instance.pressure) {
        const auto waits = pressure_text(*instance.pressure);
        if (!waits.empty()) line(out, style, "waits", waits);
    }
    if (instance.worker) {
        line(out, style, "tasks", worker_text(*instance.worker));
        for (const auto& each : instance.worker->metrics) {
            line(out, style, "counts", metric_text(each));
        }
    }
    for (const auto& check : instance.checks) append_check(out, style, check, now_ns);
    if (instance.last_run) line(out, style, "last run", moment(*instance.last_run, now_ns));
    if (instance.next_run) line(out, style, "next run", moment(*instance.next_run, now_ns));
    if (instance.suspended) line(out, style, "next run", "none: its timer is suspended");
    if (instance.next_retry) line(out, style, "next retry", moment(*instance.next_retry, now_ns));
    for (const auto& death : instance.deaths) append_exit(out, style, "exit", death, now_ns);
    if (instance.last_exit && instance.deaths.empty()) {
        append_exit(out, style, "last exit", *instance.last_exit, now_ns);
    }
}

}  // namespace

std::string render_exit(std::optional<int> code, const std::optional<std::string>& signal,
                        bool core, bool oom) {
    std::string text = "an unknown status";
    if (signal) {
        text = *signal;
    } else if (code) {
        text = "exit " + std::to_string(*code);
    }
    if (core) text += " (core dumped)";
    if (oom) text += " (out of memory)";
    return text;
}

namespace {

// Where it is not simply what the file says.
std::string instances_text(const wire::UnitStatus& unit) {
    const auto count = unit.instances.size();
    if (unit.cores) return "cores: " + std::to_string(count);
    if (unit.least && unit.most) {
        return std::to_string(count) + ", of " + std::to_string(*unit.least) + " to " +
               std::to_string(*unit.most) + " as needed";
    }
    if (!unit.configured) return {};
    const std::string configured = std::to_string(*unit.configured);
    return std::to_string(count) + (count < *unit.configured ? " of " + configured : "") +
           ", scaled by the operator (configured: " + configured + ")";
}

std::string enabled_text(const wire::UnitStatus& unit) {
    const std::string text = unit.enabled ? "yes" : "no";
    return text + (unit.enabled_by_operator ? ", by the operator" : ", as its file says");
}

std::string joined(const std::vector<std::string>& files) {
    std::string out;
    for (const auto& file : files) out += (out.empty() ? "" : ", ") + printable(file);
    return out;
}

}  // namespace

namespace {

// "http tcp://*:8080: 0, 3 of 4096 wait for instances 0, 1"
std::string listener_text(const wire::ListenerStatus& listener) {
    std::string waiting, instances, idle, limit;
    const auto add = [](std::string& list, std::uint32_t number) {
        list += (list.empty() ? "" : ", ") + std::to_string(number);
    };
    for (const auto& socket : listener.sockets) {
        if (socket.waiting) add(waiting, *socket.waiting);
        if (socket.limit) limit = std::to_string(*socket.limit);
        if (!socket.instance) continue;
        add(instances, *socket.instance);
        if (!socket.open) add(idle, *socket.instance);
    }
    std::string text = listener.name + " " + printable(listener.address);
    const bool several = listener.sockets.size() > 1;
    if (!waiting.empty()) text += ": " + waiting + " of " + limit + " wait";
    if (several) text += (waiting.empty() ? ": " : " for ") + ("instances " + instances);
    if (!idle.empty()) text += "; nothing new goes to " + idle;
    return text;
}

// How the tasks of the last seconds were spread: "41 % to 59 % of 1234.5 tasks a second"; empty:
// there are not several workers, or nothing was done.
std::string balance_text(const wire::UnitStatus& unit) {
    double all = 0, least = 0, most = 0;
    std::size_t count = 0;
    for (const auto& instance : unit.instances) {
        if (!instance.worker || !instance.worker->per_second) continue;
        const double rate = *instance.worker->per_second;
        least = count == 0 ? rate : std::min(least, rate);
        most = std::max(most, rate);
        all += rate;
        ++count;
    }
    if (count < 2 || all <= 0) return {};
    char text[96];
    std::snprintf(text, sizeof text, "%.1f tasks a second; a worker has %.0f %% to %.0f %% of them",
                  all, 100 * least / all, 100 * most / all);
    return text;
}

}  // namespace

std::string render_status(const wire::Status& status, const Style& style, std::int64_t now_ns) {
    std::string out;
    for (const auto& unit : status.units) {
        if (!out.empty()) out += '\n';
        out += style.bold(unit.name);
        if (!unit.description.empty()) out += " - " + printable(unit.description);
        out += '\n';
        if (!unit.files.empty()) line(out, style, "files", joined(unit.files));
        const auto instances = instances_text(unit);
        if (!instances.empty()) line(out, style, "instances", instances);
        for (const auto& each : unit.listeners) line(out, style, "listens", listener_text(each));
        const auto balance = balance_text(unit);
        if (!balance.empty()) line(out, style, "balance", balance);
        if (unit.rolling) {
            line(out, style, "rolling",
                 std::to_string(unit.rolling->done) + " of " + std::to_string(unit.rolling->of) +
                     " have new processes");
        }
        for (const auto& notice : unit.notices) line(out, style, "notice", printable(notice));
        if (!unit.rolling_failure.empty()) {
            line(out, style, "rolling", "failed: " + printable(unit.rolling_failure));
        }
        if (!unit.enabled || unit.enabled_by_operator) {
            line(out, style, "enabled", enabled_text(unit));
        }
        if (unit.timer) line(out, style, "schedule", printable(unit.timer->schedule));
        if (unit.instances.size() == 1 && unit.instances.front().index == 0) {
            append_instance(out, style, unit.instances.front(), now_ns);
            continue;
        }
        line(out, style, "state", state_text(style, unit.state, unit.reason));
        for (const auto& instance : unit.instances) {
            out += style.bold(unit.name + "/" + std::to_string(instance.index)) + "\n";
            append_instance(out, style, instance, now_ns);
        }
    }
    return out;
}

}  // namespace superctl
