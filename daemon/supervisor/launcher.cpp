#include "supervisor/launcher.hpp"

#include "config/instance_text.hpp"
#include "os/limits.hpp"
#include "os/tree.hpp"

#include <algorithm>
#include <string_view>

namespace superd::supervisor {
namespace {

constexpr std::string_view default_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

config::Source::Place place_of(const config::Source& source, os::ChildStep step) {
    switch (step) {
        case os::ChildStep::directory: return source.directory;
        case os::ChildStep::groups:
        case os::ChildStep::gid:
        case os::ChildStep::uid: return source.user;
        case os::ChildStep::clone:
        case os::ChildStep::session:
        case os::ChildStep::signals:
        case os::ChildStep::descriptors:
        case os::ChildStep::cgroup:
        case os::ChildStep::exec: break;
        case os::ChildStep::oom_score:
        case os::ChildStep::limits: return source.limits.line != 0 ? source.limits : source.exec;
    }
    return source.exec;
}

}  // namespace

std::string instance_name(const std::string& unit, std::uint32_t index, std::uint32_t instances) {
    return instances == 1 && index == 0 ? unit : unit + "/" + std::to_string(index);
}

os::SpawnPlan Launcher::plan(const config::Unit& unit, std::uint32_t index, core::RunId run) const {
    const config::Launch& launch = unit.launch;
    os::SpawnPlan plan;
    plan.argv = unit.hosted ? worker_argv(*unit.hosted) : launch.argv;
    plan.env.reserve(launch.env.size() + 5);
    plan.env = launch.env;
    const auto has_path = [](const std::string& each) { return each.starts_with("PATH="); };
    if (std::ranges::none_of(plan.env, has_path)) plan.env.emplace_back(default_path);
    plan.env.push_back("SUPERD_SERVICE=" + unit.spec.name);
    plan.env.push_back("SUPERD_INSTANCE=" + unit.spec.name + "/" + std::to_string(index));
    plan.env.push_back("SUPERD_RUN=" + os::run_mark(run, setting_.scope));
    const bool watched = unit.spec.watchdog.every.count() > 0;
    const core::RecycleRule& rule = unit.spec.recycle;
    const bool recycled = rule.after.count() > 0 || rule.memory != 0 || !rule.exits.empty();
    if (watched || recycled || unit.fd_store_max > 0 || unit.hosted ||
        (unit.ready && unit.ready->kind == config::ReadyKind::notify)) {
        plan.env.push_back("NOTIFY_SOCKET=" + setting_.notify_path);
    }
    config::set_instance(plan.argv, index);
    config::set_instance(plan.env, index);
    if (!launch.directory.empty()) {
        plan.directory = config::for_instance(launch.directory, index);
    }
    plan.uid = launch.uid;
    plan.gid = launch.gid;
    plan.groups = launch.groups;
    plan.umask = launch.umask;
    plan.open_files = setting_.open_files;
    if (!unit.limits) return plan;
    for (const config::ProcessLimit& each : unit.limits->process) {
        const bool all_files = each.resource == RLIMIT_NOFILE && each.value == RLIM_INFINITY;
        plan.limits.push_back({each.resource, all_files ? os::most_open_files() : each.value});
    }
    if (unit.limits->oom_score_adjust) {
        plan.oom_score_adjust = std::to_string(*unit.limits->oom_score_adjust);
    }
    return plan;
}

std::vector<std::string> Launcher::worker_argv(const config::Hosted& hosted) const {
    if (hosted.language == config::Language::cpp) return {setting_.parts + "/superd-worker"};
    return {hosted.interpreter, setting_.parts + "/superd_worker.py"};
}

void Launcher::add_own(const config::Unit& unit, os::SpawnPlan& plan) {
    if (unit.launch.ends_with_superd) {
        plan.parent_death_signal = unit.spec.stop.front().signal;
    }
    const auto every =
        std::chrono::duration_cast<std::chrono::microseconds>(unit.spec.watchdog.every);
    if (every.count() == 0) return;
    plan.env.push_back("WATCHDOG_USEC=" + std::to_string(every.count()));
    plan.own_pid.emplace_back("WATCHDOG_PID");
}

std::string spawn_sentence(const config::Unit& unit, std::uint32_t index,
                           const os::SpawnError& error) {
    std::string text = instance_name(unit.spec.name, index, unit.spec.instances) +
                       ": cannot start: " + error.message;
    if (unit.source.files.empty()) return text;
    const auto place = place_of(unit.source, error.step);
    text += " (" + unit.source.files[place.file];
    if (place.line != 0) text += ":" + std::to_string(place.line);
    return text + ")";
}

}  // namespace superd::supervisor
