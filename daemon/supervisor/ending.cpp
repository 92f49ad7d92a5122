// superd stops: everything goes down in order, the last lines reach the
// logger, and the keeper hears with which code to exit.
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"

#include <signal.h>

#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::chrono::seconds last_lines_patience{2};
constexpr std::chrono::milliseconds last_answers_patience{50};

}  // namespace

void Supervisor::shut_down() {
    if (system_.shutting_down()) {
        std::size_t left = 0;
        for (const core::Unit* unit : system_.units()) {
            for (const auto& instance : unit->instances) left += core::alive(instance) ? 1 : 0;
            left += unit->beside.size();
        }
        log_.info("still stopping: " + std::to_string(left) + " instances are left");
        return;
    }
    log_.info("stopping all units");
    limit_shut_down();
    happen(core::ShutdownRequested{});
}

// Written down first: whoever takes over in the middle of it has to end it.
void Supervisor::on_essential_lost(const core::ShuttingDown& effect) {
    ending_ = effect.exit_code;
    write_header();
    const std::string text = "stopping all units: " + name_of(effect.lost) +
                             ", which is essential, is lost (" + view_.reason(effect.lost) +
                             "); superd will exit with " + std::to_string(effect.exit_code);
    log_.error(text);
    say(text);
    limit_shut_down();
}

void Supervisor::limit_shut_down() {
    condition_.tell(keeper::Phase::stopping);
    preloading_.due = true;
    deadline_.expires_after(definitions_.settings().shutdown_timeout);
    deadline_.async_wait([this](boost::system::error_code error) {
        if (!error) kill_all();
    });
}

void Supervisor::kill_all() {
    log_.warn("not all units have stopped in time: killing what is left");
    for (const core::Unit* unit : system_.units()) {
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const core::Instance& instance = unit->instances[index];
            const core::InstanceId id{unit->id, index};
            if (core::alive(instance)) trees_->signal(subject(id, instance.run), SIGKILL);
        }
        for (const auto& [number, second] : unit->beside) {
            const core::InstanceId id = core::beside({unit->id, number});
            trees_->signal(subject(id, second.run), SIGKILL);
        }
    }
    hook_jobs_.kill_all();
    templates_.kill_all();
    // What was only waiting for its dependents is killed too: again until nothing is left.
    deadline_.expires_after(std::chrono::seconds{1});
    deadline_.async_wait([this](boost::system::error_code error) {
        if (!error) kill_all();
    });
    settle();
}

void Supervisor::end_if_done() {
    // Even then somebody is to be paged.
    if (!all_down_ || !hooks_idle() || !templates_.idle()) return;
    if (!logs_.idle() && !log_wait_over_) {
        if (std::exchange(waiting_for_logs_, true)) return;
        deadline_.expires_after(last_lines_patience);
        deadline_.async_wait([this](boost::system::error_code error) {
            if (error) return;
            log_wait_over_ = true;
            end_if_done();
        });
        return;
    }
    all_down_ = false;
    if (!commands_.end()) return conclude();
    // What clients are told now is still to be written to them.
    deadline_.expires_after(last_answers_patience);
    deadline_.async_wait([this](boost::system::error_code error) {
        if (!error) conclude();
    });
}

void Supervisor::conclude() {
    say("superd stopped");
    publish();
    remove_groups();
    log_.info("all units are stopped");
    // First: a supervisor that found no records would begin anew what has been stopped.
    link_.finished(superd_exit_);
    // Of no more use: the next superd begins anew.
    ending_.reset();
    if (auto cleared = records_->reset(header()); !cleared) complain(cleared.error());
    end(0);
}

void Supervisor::remove_groups() {
    for (const core::Unit* unit : system_.units()) {
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const std::string group = group_of({unit->id, index});
            if (group.empty()) continue;
            if (auto gone = groups_->parent().remove(group); !gone) complain(gone.error());
        }
    }
}

void Supervisor::end(int code) {
    exit_code_ = code;
    io_.stop();
}

}  // namespace superd::supervisor
