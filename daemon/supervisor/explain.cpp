#include "supervisor/explain.hpp"

#include "config/quantity.hpp"
#include "core/stepper.hpp"
#include "supervisor/next_run.hpp"
#include "supervisor/status.hpp"
#include "supervisor/words.hpp"
#include "wire/time.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace superd::supervisor {
namespace {

std::string_view to_string(core::RestartPolicy policy) {
    switch (policy) {
        case core::RestartPolicy::always: return "always";
        case core::RestartPolicy::on_failure: return "on-failure";
        case core::RestartPolicy::never: return "never";
    }
    std::unreachable();
}

std::string_view to_string(core::OnLimit on_limit) {
    switch (on_limit) {
        case core::OnLimit::wait: return "wait";
        case core::OnLimit::fail: return "fail";
        case core::OnLimit::escalate: return "escalate";
    }
    std::unreachable();
}

}  // namespace

std::string Explainer::time_of(core::Instant moment) const {
    return wire::format_time(moment_.realtime_ns - (moment_.now - moment).count());
}

wire::Explanation Explainer::explain(core::InstanceId id) const {
    wire::Explanation explanation;
    explanation.chain.push_back(link(id));
    for (const core::Cause& cause : system_.causes(id)) {
        wire::Link next = link(cause.instance);
        next.because = core::to_string(cause.because);
        next.order_only = cause.order_only;
        if (cause.because == core::Because::waits_on) next.until = to_string(cause.when);
        if (cause.via != 0) next.via = system_.find(cause.via)->spec->name;
        explanation.chain.push_back(std::move(next));
    }
    return explanation;
}

wire::Link Explainer::link(core::InstanceId id) const {
    const core::Unit& unit = *system_.find(id.unit);
    const core::Instance& instance = *system_.find(id);
    wire::Link out;
    out.unit = unit.spec->name;
    out.index = id.index;
    out.instances = static_cast<std::uint32_t>(unit.instances.size());
    out.type = to_string(unit.spec->type);
    if (unit.group != 0) out.group = system_.find(unit.group)->spec->name;
    out.text = system_.describe(id, moment_.now);
    out.superd_stops = system_.shutting_down();
    if (const core::Instance* const second = system_.find(core::beside(id))) {
        out.other_run = told_other_run(*second, system_.describe(core::beside(id), moment_.now));
    }
    add_rules(out, unit);
    add_state(out, unit, instance);
    add_past(out, instance);
    const Row* const row = table_.find(id);
    if (row != nullptr && row->extras) {
        if (row->extras->watch) out.probe = row->extras->watch->progress();
        if (core::alive(instance)) out.said = row->extras->said;
    }
    return out;
}

void Explainer::add_rules(wire::Link& out, const core::Unit& unit) const {
    const core::RestartRule& rule = unit.spec->restart;
    const core::GroupRule* const group = unit.spec->group.get();
    out.policy = to_string(rule.policy);
    out.on_limit = to_string(rule.on_limit);
    const auto limit = group != nullptr ? group->limit : rule.limit;
    const auto window = group != nullptr ? group->window : rule.window;
    if (limit != 0) out.limit = std::to_string(limit) + " in " + config::to_text(window);
}

void Explainer::add_state(wire::Link& out, const core::Unit& unit,
                          const core::Instance& instance) const {
    out.goal = core::to_string(instance.goal);
    out.state = core::to_string(instance.state);
    out.reason = core::to_string(instance.reason);
    if (instance.since != core::Instant{}) out.since = time_of(instance.since);
    out.run = instance.run;
    if (instance.pid != 0) out.pid = instance.pid;
    out.restarts = instance.restarts;
    out.limited = instance.limited;
    if (core::held(instance)) out.frozen_since = time_of(instance.frozen_since);
    if (instance.due != core::Instant{}) out.due = time_of(instance.due);
    if (unit.spec->timer != nullptr) out.schedule = unit.spec->timer->text;
    if (instance.schedule) out.next_run = next_run(*instance.schedule);
    if (instance.spawn_error) out.error = *instance.spawn_error;
    if (instance.state == core::State::ready) {
        out.sick = core::degraded(*unit.spec, instance);
        const std::string stall = watch_.trouble(instance.run);
        if (out.sick.empty() && !stall.empty()) out.sick = "stalls: " + stall;
    } else if (instance.health) {
        out.sick = instance.health->cause;
    }
    if (instance.hook != core::Hook::none) {
        out.hook = core::to_string(instance.hook);
    } else if (instance.state == core::State::stopping && instance.due != core::Instant{}) {
        out.signal = core::signal_name(core::stop_step(*unit.spec, instance).signal);
    }
}

void Explainer::add_past(wire::Link& out, const core::Instance& instance) const {
    const auto deaths = history_.deaths(out.unit, out.index);
    std::ranges::transform(deaths, std::back_inserter(out.deaths), told_death);
    const auto& last = instance.last_exit;
    if (last && (out.deaths.empty() || out.deaths.back().run != last->run)) {
        Death death{.run = last->run, .pid = last->pid, .uptime = last->uptime};
        death.at_ns = moment_.realtime_ns - (moment_.now - last->at).count();
        death.status = last->status;
        out.deaths.push_back(told_death(death));
    }
    const Command command = history_.command(out.unit, out.index);
    if (command.at_ns == 0) return;
    out.command = wire::GivenCommand{wire::format_time(command.at_ns), command.action, command.user,
                                     command.uid};
}

}  // namespace superd::supervisor
