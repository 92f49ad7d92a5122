#include "supervisor/hook_jobs.hpp"

namespace superd::supervisor {

HookJobs::~HookJobs() {
    for (const auto& [number, each] : running_) each.child->kill_group();
}

std::expected<pid_t, std::string> HookJobs::start(const Job& job, os::SpawnPlan plan,
                                                  core::Duration limit) {
    const std::uint64_t number = next_++;
    auto child = OwnChild::start(
        executor_, std::move(plan),
        [this, number, alive = std::weak_ptr{alive_}](const core::ExitStatus& status) {
            if (!alive.expired()) ended(number, status);
        });
    if (!child) return std::unexpected{std::move(child.error())};
    const pid_t pid = (*child)->pid();
    running_.emplace(number, Running{.job = job, .child = std::move(*child), .limit = {}});
    if (limit.count() > 0) watch(number, limit);
    return pid;
}

void HookJobs::watch(std::uint64_t number, core::Duration limit) {
    Running& running = running_.at(number);
    running.limit = std::make_unique<boost::asio::steady_timer>(executor_);
    running.limit->expires_after(limit);
    // Its end destroys the timer: what it still says then is about nothing.
    running.limit->async_wait(
        [this, number, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
            if (error || alive.expired()) return;
            const auto found = running_.find(number);
            if (found == running_.end()) return;
            found->second.late = true;
            found->second.child->kill_group();
        });
}

void HookJobs::cancel(core::RunId run, core::Hook hook) {
    for (auto& [number, each] : running_) {
        if (each.job.run != run || each.job.hook != hook) continue;
        each.cancelled = true;
        each.child->kill_group();
    }
}

void HookJobs::kill_all() {
    for (const auto& [number, each] : running_) each.child->kill_group();
}

void HookJobs::ended(std::uint64_t number, const core::ExitStatus& status) {
    const auto found = running_.find(number);
    if (found == running_.end()) return;
    const Running running = std::move(found->second);
    running_.erase(found);
    End end{.job = running.job, .text = {}};
    end.ok = !running.late && status == core::ExitStatus{};
    end.cancelled = running.cancelled;
    end.text = running.late ? "did not end in time" : "ended with " + core::describe(status);
    ended_(std::move(end));
}

}  // namespace superd::supervisor
