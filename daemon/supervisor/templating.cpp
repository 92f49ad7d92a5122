// Templates: which units have one, and the workers that are asked of them.
#include "os/cores.hpp"
#include "os/process.hpp"
#include "supervisor/inheritance.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/template_plan.hpp"
#include "supervisor/worker_settings.hpp"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr int settings_fd = 3, socket_fd = 4;

std::string settings_of_template(const config::Unit& unit) {
    return worker_settings(unit, {.reason = "start"}, os::allowed_processors());
}

// Somebody may want a worker of it.
bool is_wanted(const core::Unit* unit) {
    return unit != nullptr && !unit->removed &&
           std::ranges::any_of(unit->instances, [](const core::Instance& each) {
               return each.goal == core::Goal::up || core::alive(each);
           });
}

os::SpawnPlan template_plan(const Launcher& launcher, const config::Unit& unit,
                            core::RunId number) {
    os::SpawnPlan plan = launcher.plan(unit, 0, number);
    constexpr std::string_view instance = "SUPERD_INSTANCE=";
    const auto own = std::ranges::find_if(
        plan.env, [&](const std::string& each) { return each.starts_with(instance); });
    *own = std::string{instance} + unit.spec.name + "/template";
    return plan;
}

std::string template_mark_of(const Launcher& launcher, const config::Unit& unit) {
    return template_mark(unit, template_plan(launcher, unit, 0), settings_of_template(unit));
}

// Apart from those of the unit's instances, which are ended as a whole.
std::string group_of_template(const std::string& unit) { return unit + ":template"; }

// The instance that still waits for the process of a run that was asked for.
std::optional<core::InstanceId> unborn(const core::System& system, Preloading& preloading,
                                       core::RunId run) {
    const auto asked = preloading.asked.extract(run);
    if (asked.empty()) return std::nullopt;
    for (const core::InstanceId id :
         {asked.mapped(), core::in_place(asked.mapped()), core::beside(asked.mapped())}) {
        const core::Instance* const instance = system.find(id);
        const bool waits = instance != nullptr && instance->run == run && instance->pid == 0 &&
                           core::alive(*instance) && !instance->leader_gone;
        if (waits) return id;
    }
    return std::nullopt;
}

}  // namespace

Templates::Handlers Supervisor::template_handlers() {
    return {
        .start = [this](const TemplateProcess::Identity& identity,
                        int socket) { return start_template(identity, socket); },
        .made = [this](core::RunId run, pid_t pid) { worker_made(run, pid); },
        .unmade = [this](core::RunId run, const std::string&) { worker_unmade(run); },
        .ended = [this](const TemplateProcess::Identity& identity) { template_ended(identity); },
        .tell =
            [this](const TemplateProcess::Identity& identity, const std::string& text, bool bad) {
                append({.kind = wire::EventKind::superd, .unit = identity.unit, .message = text});
                bad ? log_.warn(text) : log_.info(text);
            },
        .due =
            [this] {
                preloading_.due = true;
                settle_later();
            },
        .settle = [this] { settle(); },
        .is_main = [this](pid_t pid) { return table_.by_pid(pid) != nullptr; },
        .now = [] { return supervisor::now(); },
    };
}

// Those whose process nobody has seen: perhaps a template was asked for it.
std::map<core::RunId, pid_t> Supervisor::adopt_templates(const Inheritance& from) {
    templates_.begin(welcome_.pid, scope_);
    std::vector<Templates::Unborn> unborn;
    if (from.records.header.boot == boot_) {
        for (const auto& stored : from.records.records) {
            const core::Instance& instance = stored.record.instance;
            const bool open = core::alive(instance) && instance.pid == 0 && !instance.leader_gone &&
                              instance.hook == core::Hook::none;
            const bool seen = from.past.exits.contains(instance.run) ||
                              (from.spawn.run == instance.run && from.spawn.pid > 0);
            if (open && !seen) {
                unborn.push_back({stored.record.unit, instance.run, logs_.user(instance.run)});
            }
        }
    }
    const bool anywhere = !from.restarted && !from.records.records.empty();
    return templates_.adopt(from.held, from.spawn, unborn, anywhere);
}

void Supervisor::tend_templates() {
    if (!std::exchange(preloading_.due, false) || (!preloading_.any && templates_.idle())) return;
    std::vector<Templates::Wanted> wanted;
    if (!system_.shutting_down()) {
        for (const auto& unit : definitions_.configuration().units) {
            if (!has_template(*unit) || !is_wanted(system_.find(unit->spec.name))) continue;
            wanted.push_back({unit->spec.name, template_mark_of(*launcher_, *unit)});
        }
    }
    templates_.tend(wanted);
}

// What an operator starts again may have been changed on disk, where we do not look.
void Supervisor::renew_templates(const std::vector<Target>& targets) {
    if (templates_.idle()) return;
    for (const Target& target : targets) {
        const core::Unit* const unit = system_.find(target.unit);
        if (unit == nullptr) continue;
        templates_.renew(target.unit);
        for (const core::UnitId leaf : system_.leaves(unit->id)) {
            templates_.renew(unit_name(leaf));
        }
    }
}

bool Supervisor::ask_template(const core::Spawn& spawn) {
    if (preloading_.in_vain.erase(spawn.run) != 0 || templates_.idle()) return false;
    const config::Unit& unit = *definitions_.find(unit_name(spawn.instance.unit));
    if (!has_template(unit)) return false;
    const auto* const known = templates_.ready(unit.spec.name, template_mark_of(*launcher_, unit));
    if (known == nullptr) return false;
    const os::SpawnPlan& plan = prepared_->plan;
    ForkRequest request{.run = spawn.run, .environment = {}, .descriptors = {}};
    request.environment =
        environment_difference(plan.env, template_plan(*launcher_, unit, known->number).env);
    std::vector<int> descriptors;
    for (const Passed& each : passed_descriptors(plan)) {
        request.descriptors.push_back(each.name);
        descriptors.push_back(each.fd);
    }
    os::Fd group;
    if (!plan.cgroup_procs.empty()) {
        // Opened by us, it is our rights that count when the worker writes to it.
        group = os::Fd{::open(plan.cgroup_procs.c_str(), O_WRONLY | O_CLOEXEC)};
        if (!group) return false;
        request.descriptors.emplace_back("cgroup");
        descriptors.push_back(group.get());
    }
    if (!templates_.ask(unit.spec.name, request, descriptors)) return false;
    preloading_.asked[spawn.run] = spawn.instance;
    return true;
}

void Supervisor::worker_made(core::RunId run, pid_t pid) {
    const auto id = unborn(system_, preloading_, run);
    if (!id) {
        ::kill(pid, SIGKILL);
        return logs_.discard(run);
    }
    // The record has it at the end of the turn; until then whoever takes over finds it here.
    *spawn_slot_->begin(run) = pid;
    if (const auto stat = os::process_stat(pid)) {
        table_.row(*id).cloned_ns = os::started_ns(*stat);
    }
    table_.set_pid(pid, *id);
    logs_.open(run, *id, pid);
    if (parks()) hold_pidfd(run, pid);
    note({.kind = wire::EventKind::spawn, .id = *id, .run = run, .pid = pid});
    turn_.add(core::Spawned{*id, run, pid});
}

void Supervisor::worker_unmade(core::RunId run) {
    const auto id = unborn(system_, preloading_, run);
    if (!id) return logs_.discard(run);
    preloading_.in_vain.insert(run);
    turn_.perform({core::Spawn{*id, run}});
}

std::expected<pid_t, std::string> Supervisor::start_template(
    const TemplateProcess::Identity& identity, int socket) {
    const config::Unit& unit = *definitions_.find(identity.unit);
    const auto fifos = logs_.create(identity.number, unit.launch.uid, unit.launch.gid);
    if (!fifos) return std::unexpected{fifos.error().message()};
    const auto settings = sealed_file("superd-settings", settings_of_template(unit));
    if (!settings) {
        logs_.discard(identity.number);
        return std::unexpected{settings.error().message()};
    }
    os::SpawnPlan plan = template_plan(*launcher_, unit, identity.number);
    plan.descriptors = {{fifos->out.get(), 1},
                        {fifos->err.get(), 2},
                        {settings->get(), settings_fd},
                        {socket, socket_fd}};
    plan.env.push_back("SUPERD_SETTINGS=" + std::to_string(settings_fd));
    plan.env.push_back("SUPERD_TEMPLATE=" + std::to_string(socket_fd));
    if (groups_) {
        const std::string group = group_of_template(identity.unit);
        if (groups_->parent().create(group))
            plan.cgroup_procs = groups_->parent().procs_path(group);
    }
    const auto pid = os::spawn(plan, spawn_slot_->begin(identity.number));
    if (!pid) {
        if (spawn_slot_->pid() > 0) failed_spawns_.insert(spawn_slot_->pid());
        logs_.discard(identity.number);
        return std::unexpected{pid.error().message};
    }
    logs_.open(identity.number, {system_.find(identity.unit)->id, 0}, *pid, "template");
    return *pid;
}

void Supervisor::template_ended(const TemplateProcess::Identity& identity) {
    logs_.drain(identity.number);
    logs_.close(identity.number);
    if (!groups_) return;
    const std::string group = group_of_template(identity.unit);
    const auto is_same = [&](const auto& each) { return each.unit == identity.unit; };
    if (std::ranges::any_of(templates_.living(), is_same)) return;
    static_cast<void>(groups_->parent().kill(group));
    // Not while a process of it is on its way out; then the next template joins it.
    static_cast<void>(groups_->parent().remove(group));
}

}  // namespace superd::supervisor
