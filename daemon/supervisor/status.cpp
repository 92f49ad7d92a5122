#include "supervisor/status.hpp"

#include "os/process.hpp"
#include "os/signals.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/next_run.hpp"
#include "supervisor/selectors.hpp"
#include "wire/time.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::size_t status_max = 200;  // As much as its record takes.

std::string time_of(core::Instant moment) { return wire::format_time(realtime_of(moment)); }
double seconds(core::Duration duration) { return std::chrono::duration<double>(duration).count(); }

// The higher, the more it needs attention.
int badness(const core::Instance& instance) {
    using core::State;
    switch (instance.state) {
        case State::failed: return 8;
        case State::backoff: return 7;
        case State::waiting: return 6;
        case State::stopping: return 5;
        case State::starting: return 4;
        case State::inactive: return instance.goal == core::Goal::up ? 3 : 2;
        case State::ready: return 1;
        case State::completed: return 0;
    }
    return 0;
}

void set_status(wire::LastExit& out, const core::ExitStatus& status) {
    out.code.reset();
    out.signal.reset();
    if (status.signal != 0) {
        out.signal = os::signal_name(status.signal);
    } else if (!status.unknown) {
        out.code = status.code;
    }
    out.core = status.core;
    out.oom = status.oom;
}

wire::LastExit last_exit(const core::LastExit& exit, std::span<const Death> deaths) {
    wire::LastExit out;
    const auto recorded = std::ranges::find(deaths, exit.run, &Death::run);
    if (recorded != deaths.end()) out = told_death(*recorded);
    out.run = exit.run;
    out.pid = exit.pid;
    out.at = time_of(exit.at);
    out.uptime = seconds(exit.uptime);
    set_status(out, exit.status);
    return out;
}

std::vector<wire::CheckStatus> checks(const core::Unit& unit, const core::Instance& instance) {
    std::vector<wire::CheckStatus> found;
    if (!instance.health) return found;
    const auto& states = instance.health->checks;
    for (std::size_t i = 0; i < std::min(states.size(), unit.spec->checks.size()); ++i) {
        wire::CheckStatus out;
        out.name = unit.spec->checks[i].name;
        out.state = states[i].failing ? "failing" : states[i].passed ? "passing" : "starting";
        out.failures = states[i].failures;
        if (states[i].since != core::Instant{}) out.since = time_of(states[i].since);
        out.message = states[i].message;
        found.push_back(std::move(out));
    }
    return found;
}

void add_timer(wire::InstanceStatus& out, const core::Instance& instance) {
    if (!instance.schedule) return;
    const core::Schedule& schedule = *instance.schedule;
    out.next_run = next_run(schedule);
    if (schedule.last != 0) out.last_run = wire::format_time(schedule.last);
    out.suspended = schedule.off || instance.goal == core::Goal::down;
}

wire::Metric told_metric(const PageMetric& metric) {
    wire::Metric out{.name = metric.name};
    if (metric.kind == protocol::MetricKind::gauge) {
        out.kind = "gauge";
        if (std::isfinite(metric.value)) out.value = metric.value;
        return out;
    }
    out.kind = metric.kind == protocol::MetricKind::counter ? "counter" : "histogram";
    out.count = metric.count;
    out.buckets = metric.buckets;
    return out;
}

wire::WorkerStatus told_worker(const WorkerFigures& figures, std::string stall) {
    wire::WorkerStatus out;
    out.done = figures.done;
    out.per_second = figures.a_second;
    out.live = figures.live;
    out.busy = figures.busy;
    out.slots = figures.slots;
    out.lag = figures.lag_us / 1e6;
    out.lag_worst = figures.lag_worst_us / 1e6;
    out.unlisted = figures.tasks_lost;
    out.stall = std::move(stall);
    std::ranges::transform(figures.metrics, std::back_inserter(out.metrics), told_metric);
    return out;
}

std::string_view word_for(core::Overlap overlap) {
    switch (overlap) {
        case core::Overlap::skip: return "skip";
        case core::Overlap::queue: return "queue";
        case core::Overlap::kill: return "kill";
    }
    std::unreachable();
}

}  // namespace

Usage usage_of(pid_t pid) {
    auto pids = os::descendants_of(pid);
    pids.push_back(pid);
    Usage usage;
    std::uint64_t ticks = 0;
    for (const pid_t each : pids) {
        const auto stat = os::process_stat(each);
        if (!stat) continue;
        usage.memory += stat->rss_bytes;
        ticks += stat->cpu_ticks;
        usage.tasks += stat->threads;
    }
    static const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    usage.cpu = static_cast<double>(ticks) / per_second;
    return usage;
}

wire::LastExit told_death(const Death& death) {
    wire::LastExit out;
    out.at = wire::format_time(death.at_ns);
    out.uptime = seconds(death.uptime);
    set_status(out, death.status);
    out.lines = death.lines;
    out.run = death.run;
    out.pid = death.pid;
    if (death.cpu_us >= 0) out.cpu = static_cast<double>(death.cpu_us) / 1e6;
    if (death.rss_bytes >= 0) out.memory = static_cast<std::uint64_t>(death.rss_bytes);
    out.ended_by = death.ended_by;
    out.cause = death.cause;
    out.stack = death.stack;
    return out;
}

wire::OtherRun told_other_run(const core::Instance& other, std::string reason) {
    wire::OtherRun out;
    out.run = other.run;
    if (other.pid != 0) out.pid = other.pid;
    out.state = core::to_string(other.state);
    out.reason = std::move(reason);
    return out;
}

std::string printable_status(std::string_view text) {
    std::string out;
    for (const char each : text) {
        const bool control = static_cast<unsigned char>(each) < 0x20 || each == 0x7f;
        out += control ? '?' : each;
        if (out.size() < status_max) continue;
        // Not in the middle of a UTF-8 character.
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) {
            out.pop_back();
        }
        if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0) out.pop_back();
        break;
    }
    return out;
}

wire::ProcessStatus process_status(std::int32_t pid, std::int64_t since_ns, std::int32_t restarts) {
    return {pid, wire::format_time(since_ns), static_cast<std::uint32_t>(std::max(restarts, 0))};
}

// What the unit that others wait for is itself waiting for.
std::string StatusView::obstacle(const core::Unit& unit) const {
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        const Row* const row = table_.find({unit.id, index});
        if (row != nullptr && row->extras && row->extras->watch) {
            return row->extras->watch->progress();
        }
    }
    return {};
}

std::string StatusView::reason(core::InstanceId id) const {
    std::string text = system_.describe(id, now());
    const core::Unit* const unit = system_.find(id.unit);
    const core::Instance* const instance = system_.find(id);
    if (unit == nullptr || instance == nullptr) return text;
    std::string more;
    if (instance->state == core::State::waiting) {
        const auto edge = system_.blocker(*unit);
        const core::Unit* const other = edge ? system_.find(edge->unit) : nullptr;
        if (other != nullptr) more = obstacle(*other);
    }
    const Row* const row = table_.find(id);
    if (row != nullptr && row->extras) {
        if (row->extras->watch) more = row->extras->watch->progress();
        if (!row->extras->said.empty() && core::alive(*instance)) {
            more += (more.empty() ? "\"" : "; \"") + row->extras->said + "\"";
        }
    }
    if (!watch_.empty()) {
        const std::string stall = watch_.trouble(instance->run);
        if (!stall.empty()) text += "; stalls: " + stall;
    }
    return more.empty() ? text : text + ", " + more;
}

// Of the control group what it tells; else of the main process and what this has started.
void StatusView::add_usage(wire::InstanceStatus& out, core::InstanceId id, pid_t pid) const {
    const os::CgroupUsage group = group_figures_(id).value_or(os::CgroupUsage{});
    Usage usage;
    if (!group.memory_bytes || !group.cpu_us || !group.tasks) usage = usage_of(pid);
    out.memory = group.memory_bytes.value_or(usage.memory);
    out.memory_peak = group.memory_peak;
    out.swap = group.swap_bytes;
    out.cpu = group.cpu_us ? static_cast<double>(*group.cpu_us) / 1e6 : usage.cpu;
    out.tasks = group.tasks.value_or(usage.tasks);
    if (!group.cpu_pressure && !group.memory_pressure && !group.io_pressure) return;
    out.pressure = {group.cpu_pressure, group.memory_pressure, group.io_pressure};
}

wire::InstanceStatus StatusView::instance(core::InstanceId id, Detail detail) const {
    const core::Instance& i = *system_.find(id);
    wire::InstanceStatus out;
    out.index = id.index;
    if (i.pid != 0) out.pid = i.pid;
    out.goal = core::to_string(i.goal);
    out.state = core::to_string(i.state);
    out.reason = reason(id);
    // One that was never touched has no moment of its own.
    if (i.since != core::Instant{}) out.since = time_of(i.since);
    if (i.state == core::State::ready) out.ready_since = time_of(i.ready_at);
    out.run = i.run;
    out.restarts = i.restarts;
    if (i.state == core::State::backoff) out.next_retry = time_of(i.due);
    const core::Unit& unit = *system_.find(id.unit);
    const auto deaths = history_.deaths(unit.spec->name, id.index);
    if (i.last_exit) out.last_exit = last_exit(*i.last_exit, deaths);
    if (detail.deaths) std::ranges::transform(deaths, std::back_inserter(out.deaths), told_death);
    out.checks = checks(unit, i);
    if (core::held(i)) out.frozen_since = time_of(i.frozen_since);
    if (detail.usage && i.pid != 0) add_usage(out, id, i.pid);
    if (const core::Instance* const second = system_.find(core::beside(id))) {
        out.other_run = told_other_run(*second, reason(core::beside(id)));
    }
    if (!watch_.empty()) {
        const auto figures = watch_.figures(i.run);
        if (figures) out.worker = told_worker(*figures, watch_.trouble(i.run));
    }
    if (unit.spec->timer != nullptr) add_timer(out, i);
    return out;
}

core::InstanceId StatusView::worst(const std::vector<core::InstanceId>& instances) const {
    return *std::ranges::max_element(instances, {}, [this](core::InstanceId id) {
        const core::Instance& instance = *system_.find(id);
        const bool sick = !core::degraded(*system_.find(id.unit)->spec, instance).empty();
        return 2 * badness(instance) + (sick ? 1 : 0);
    });
}

namespace {

// Targets of the same unit come one after the other.
template <class Visit>
void each_unit(const core::System& system, const std::vector<Target>& targets, Visit visit) {
    for (std::size_t at = 0; at < targets.size();) {
        std::vector<core::InstanceId> instances;
        const std::string& name = targets[at].unit;
        for (; at < targets.size() && targets[at].unit == name; ++at) {
            const auto some = instances_of(system, targets[at]);
            instances.insert(instances.end(), some.begin(), some.end());
        }
        if (!instances.empty()) visit(*system.find(name), instances);
    }
}

}  // namespace

std::vector<wire::UnitStatus> StatusView::units(const std::vector<Target>& targets,
                                                Detail detail) const {
    std::vector<wire::UnitStatus> found;
    each_unit(system_, targets, [&](const core::Unit& unit, const auto& instances) {
        wire::UnitStatus out;
        out.name = unit.spec->name;
        const config::Unit* const definition = definitions_.find(unit.spec->name);
        if (definition != nullptr) {
            out.description = definition->description;
            out.notices = limiter_.notices(*definition);
            const auto& files = definition->source.files;
            const bool plain = files.size() == 1 && files.front().starts_with("units/");
            if (!plain) out.files = files;
            out.cores = definition->by_cores && unit.scaled == 0;
        }
        if (unit.spec->scale && unit.scaled == 0) {
            out.least = unit.spec->scale->min;
            out.most = unit.spec->scale->max;
        }
        out.listeners = listener_status(listeners_, out.name);
        const core::Unit* top = &unit;  // A group starts its members.
        while (top->group != 0) top = system_.find(top->group);
        out.enabled = top->spec->autostart;
        out.enabled_by_operator = definitions_.enablement().find(top->spec->name).has_value();
        if (const auto& timer = unit.spec->timer) {
            out.timer = {timer->text, std::string{word_for(timer->overlap)}, timer->catch_up};
        }
        if (unit.scaled != 0) out.configured = unit.spec->instances;
        if (const auto progress = core::roll_progress(unit)) {
            out.rolling = wire::RollingStatus{progress->done, progress->of};
        }
        out.rolling_failure = unit.roll_failure;
        for (const auto id : instances) out.instances.push_back(instance(id, detail));
        const core::InstanceId speaker = worst(instances);
        const core::Instance& i = *system_.find(speaker);
        out.goal = core::to_string(i.goal);
        out.state = core::to_string(i.state);
        out.reason = reason(speaker);
        found.push_back(std::move(out));
    });
    return found;
}

wire::Summary StatusView::summary(const std::vector<Target>& targets) const {
    wire::Summary summary;
    const core::Instant moment = now();
    each_unit(system_, targets, [&](const core::Unit& unit, const auto& instances) {
        const core::InstanceId speaker = worst(instances);
        const core::Instance& i = *system_.find(speaker);
        wire::SummaryRow row;
        row.name = unit.spec->name;
        row.state = core::to_string(i.state);
        row.goal = core::to_string(i.goal);
        row.reason = reason(speaker);
        row.instances = static_cast<std::uint32_t>(instances.size());
        for (const auto id : instances) {
            const core::Instance& each = *system_.find(id);
            const bool good =
                each.state == core::State::ready || each.state == core::State::completed;
            row.ready += good ? 1 : 0;
            row.restarts += each.restarts;
        }
        if (instances.size() == 1 && i.pid != 0) row.pid = i.pid;
        if (i.since != core::Instant{}) {
            row.since_ms =
                std::chrono::duration_cast<std::chrono::milliseconds>(moment - i.since).count();
        }
        summary.rows.push_back(std::move(row));
    });
    return summary;
}

}  // namespace superd::supervisor
