#include "os/spawn.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace superd::os {
namespace {

std::string describe(int error) {
    const char* text = ::strerrordesc_np(error);
    return text != nullptr ? text : "error " + std::to_string(error);
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

// execve() says ENOENT of a script too whose interpreter is not there.
std::string exec_cause(const std::string& path, int error) {
    if (error == ENOENT && path.starts_with('/') && ::access(path.c_str(), F_OK) == 0) {
        return "the interpreter that it names is missing";
    }
    return describe(error);
}

std::string identity(const char* call, auto number) {
    return std::string{call} + " " + std::to_string(number);
}

// As setrlimit(2) calls them.
std::string_view limit_name(int resource) {
    switch (resource) {
        case RLIMIT_NOFILE: return "RLIMIT_NOFILE";
        case RLIMIT_NPROC: return "RLIMIT_NPROC";
        case RLIMIT_CORE: return "RLIMIT_CORE";
        case RLIMIT_MEMLOCK: return "RLIMIT_MEMLOCK";
        case RLIMIT_STACK: return "RLIMIT_STACK";
        case RLIMIT_DATA: return "RLIMIT_DATA";
        case RLIMIT_AS: return "RLIMIT_AS";
        case RLIMIT_FSIZE: return "RLIMIT_FSIZE";
        default: return "a limit";
    }
}

std::string limit_text(const SpawnPlan& plan, int resource) {
    const auto found = std::ranges::find(plan.limits, resource, &ChildLimit::resource);
    if (found == plan.limits.end()) return identity("limit open files to", plan.open_files);
    const bool all = found->value == RLIM_INFINITY;
    return "set " + std::string{limit_name(resource)} + " to " +
           (all ? "unlimited" : std::to_string(found->value));
}

std::string message(const SpawnPlan& plan, const ChildFailure& failure) {
    const std::string cause = ": " + describe(failure.error);
    switch (failure.step) {
        case ChildStep::clone: return "clone" + cause;
        case ChildStep::session: return "setsid" + cause;
        case ChildStep::signals: return "reset signals" + cause;
        case ChildStep::descriptors:
            return "set up descriptor " + std::to_string(failure.descriptor) + cause;
        case ChildStep::cgroup: return "join cgroup " + quoted(plan.cgroup_procs) + cause;
        case ChildStep::oom_score: return "set oom_score_adj to " + plan.oom_score_adjust + cause;
        case ChildStep::limits: return limit_text(plan, failure.descriptor) + cause;
        case ChildStep::groups: return "setgroups" + cause;
        case ChildStep::gid: return identity("setgid", plan.gid) + cause;
        case ChildStep::uid: return identity("setuid", plan.uid) + cause;
        case ChildStep::directory: return "chdir " + quoted(plan.directory) + cause;
        case ChildStep::exec:
            return "exec " + quoted(plan.argv.empty() ? "" : plan.argv[0]) + ": " +
                   exec_cause(plan.argv.empty() ? "" : plan.argv[0], failure.error);
    }
    return "start" + cause;
}

std::unexpected<SpawnError> failed(const SpawnPlan& plan, const ChildFailure& failure) {
    return std::unexpected{SpawnError{failure.step, failure.error, message(plan, failure)}};
}

// Both lists in one allocation: argv, null, env, null.
std::vector<const char*> pointers(const SpawnPlan& plan, const std::vector<std::string>& own) {
    std::vector<const char*> all;
    all.reserve(plan.argv.size() + plan.env.size() + own.size() + 2);
    for (const std::string& each : plan.argv) all.push_back(each.c_str());
    all.push_back(nullptr);
    for (const std::string& each : plan.env) all.push_back(each.c_str());
    for (const std::string& each : own) all.push_back(each.c_str());
    all.push_back(nullptr);
    return all;
}

}  // namespace

std::expected<pid_t, SpawnError> spawn(const SpawnPlan& plan, pid_t* pid_slot) {
    if (plan.argv.empty() || plan.argv[0].find('/') == std::string::npos) {
        return failed(plan, {ChildStep::exec, ENOENT});
    }
    std::vector<std::string> own = plan.own_pid;
    std::vector<char*> own_places;
    for (std::string& each : own) {
        each += '=';
        const std::size_t at = each.size();
        each.append(pid_digits, '\0');
        own_places.push_back(each.data() + at);
    }
    const std::vector<const char*> words = pointers(plan, own);
    std::vector<ChildDescriptor> descriptors = plan.descriptors;
    std::ranges::sort(descriptors, {}, &ChildDescriptor::to);
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
        const int to = descriptors[i].to;
        const bool twice = i > 0 && descriptors[i - 1].to == to;
        if (to < 0 || twice) return failed(plan, {ChildStep::descriptors, EINVAL, to});
    }

    ChildPlan child;
    child.argv = words.data();
    child.env = words.data() + plan.argv.size() + 1;
    child.own_pid = own_places;
    child.directory = plan.directory.c_str();
    child.descriptors = descriptors;
    child.cgroup_procs = plan.cgroup_procs.empty() ? nullptr : plan.cgroup_procs.c_str();
    child.uid = plan.uid;
    child.gid = plan.gid;
    child.groups = plan.groups;
    child.umask = plan.umask;
    child.open_files = plan.open_files;
    child.limits = plan.limits;
    child.oom_score_adjust =
        plan.oom_score_adjust.empty() ? nullptr : plan.oom_score_adjust.c_str();
    child.sibling = plan.sibling;
    child.parent_death_signal = plan.parent_death_signal;

    pid_t own_slot = -1;
    pid_t* const slot = pid_slot != nullptr ? pid_slot : &own_slot;
    const ChildFailure failure = start_child(child, slot);
    if (failure.error != 0) return failed(plan, failure);
    return *slot;
}

bool transient(const SpawnError& error) {
    return error.error == EAGAIN || error.error == ENOMEM || error.error == EMFILE ||
           error.error == ENFILE;
}

}  // namespace superd::os
