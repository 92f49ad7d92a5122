// The threads of instances, and the tasks of workers, for those who want to see them.
#include "supervisor/selectors.hpp"
#include "supervisor/supervisor.hpp"
#include "supervisor/task_view.hpp"
#include "supervisor/watching.hpp"

#include <algorithm>
#include <utility>

namespace superd::supervisor {

std::vector<pid_t> Trees::processes(const Subject& subject) const {
    if (groups_ != nullptr && !subject.group.empty()) {
        return groups_->parent().processes(subject.group);
    }
    std::vector<pid_t> found;
    const std::vector<os::TreeRun> runs{{subject.leader, subject.run, subject.user}};
    const auto known = [this](pid_t pid) { return handlers_.known(pid) || remembered(pid); };
    const auto members =
        subject.stranger ? scan_.everywhere(runs, handlers_.known) : scan_.children(runs, known);
    for (const os::TreeMember& member : members) found.push_back(member.pid);
    return found;
}

// The main process first, the others as they were started, more or less.
std::vector<pid_t> Supervisor::processes(core::InstanceId id) const {
    const core::Instance* const instance = system_.find(id);
    if (instance == nullptr || instance->run == 0 || !core::alive(*instance)) return {};
    auto pids = trees_->processes(subject(id, instance->run));
    std::ranges::sort(pids);
    const auto main = std::ranges::find(pids, instance->pid);
    if (main != pids.end()) std::rotate(pids.begin(), main, main + 1);
    return pids;
}

std::uint64_t Supervisor::threads(const std::vector<Target>& targets,
                                  std::chrono::milliseconds sample, ThreadsTold told) {
    std::vector<ThreadSurvey::Subject> subjects;
    for (const Target& target : targets) {
        for (const auto id : instances_of(system_, target)) {
            wire::InstanceThreads answer{.unit = target.unit, .index = id.index};
            answer.instances = core::wanted_instances(*system_.find(id.unit));
            answer.state = core::to_string(system_.find(id)->state);
            subjects.push_back({id, std::move(answer)});
        }
    }
    return survey_.begin(std::move(subjects), sample, std::move(told));
}

void Supervisor::add_slots(core::InstanceId id, wire::InstanceThreads& out) const {
    const core::Instance* const instance = system_.find(id);
    const WorkerPage* const page = instance != nullptr ? watch_.page(instance->run) : nullptr;
    if (page != nullptr) tell_slots(*page, instance->pid, out);
}

wire::Tasks Supervisor::tasks(const std::vector<Target>& targets) const {
    wire::Tasks all;
    std::size_t room = tasks_told_max;
    for (const Target& target : targets) {
        const config::Unit* const definition = definitions_.find(target.unit);
        for (const auto id : instances_of(system_, target)) {
            const core::Instance& instance = *system_.find(id);
            wire::WorkerTasks& answer = all.workers.emplace_back();
            answer.unit = target.unit;
            answer.index = id.index;
            answer.instances = core::wanted_instances(*system_.find(id.unit));
            answer.state = core::to_string(instance.state);
            if (instance.pid != 0) answer.pid = instance.pid;
            answer.hosted = definition != nullptr && definition->hosted != nullptr;
            const WorkerPage* const page = watch_.page(instance.run);
            if (!answer.hosted || page == nullptr || instance.pid == 0) continue;
            tell_tasks(*page, instance.pid, stall_rule(*definition->hosted), room, answer);
            room -= std::min(room, answer.tasks.size());
        }
    }
    return all;
}

}  // namespace superd::supervisor
