// What services say by notify.
#include "os/process.hpp"
#include "os/process_user.hpp"
#include "os/tree.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"

#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr int ancestors_max = 64;
constexpr std::chrono::minutes stranger_pause{1};

std::optional<core::RunId> marked_run(pid_t pid, const std::string& scope) {
    const auto mark = os::process_environment(pid, "SUPERD_RUN");
    if (!mark) return std::nullopt;
    core::RunId run = 0;
    std::from_chars(mark->data(), mark->data() + mark->size(), run);
    return *mark == os::run_mark(run, scope) ? std::optional{run} : std::nullopt;
}

bool is_in(const Groups* groups, const std::string& group, pid_t pid) {
    if (groups == nullptr || group.empty()) return false;
    const std::vector<pid_t> members = groups->parent().processes(group);
    return std::ranges::find(members, pid) != members.end();
}

}  // namespace

// The run that a process belongs to that is no main process: by descent, else by its session, else
// by the mark in its environment, which anybody can write there. So that is believed of what came
// back to the keeper, unless its instance has a control group; of what is in that; and of what is
// run by root, by superd's user or by the one that the run started as.
const core::InstanceId* Supervisor::tree_of(pid_t pid) const {
    auto stat = os::process_stat(pid);
    if (!stat) return nullptr;
    const pid_t session = stat->session;
    bool came_back = false;
    for (int i = 0; i < ancestors_max && stat && stat->parent > 0 && !came_back; ++i) {
        if (const auto* const owner = table_.by_pid(stat->parent)) return owner;
        came_back = stat->parent == welcome_.pid;
        stat = os::process_stat(stat->parent);
    }
    if (const auto* const owner = table_.by_pid(session)) return owner;
    const auto run = marked_run(pid, scope_);
    const core::InstanceId* const owner = run ? logs_.find(*run) : nullptr;
    if (owner == nullptr) return nullptr;
    const std::string group = group_of(*owner);
    if (came_back && group.empty()) return owner;
    const bool believed = is_in(groups_.get(), group, pid) || os::is_run_by(pid, logs_.user(*run));
    return believed ? owner : nullptr;
}

// What they said before something else is heeded before it: one that names
// another main process and ends has handed over, and has not crashed.
void Supervisor::hear_services() {
    if (!notify_) return;
    // In the middle of something: what follows from it waits until that is done.
    turn_.meanwhile([this] { notify_->drain(); });
}

void Supervisor::on_notify(NotifyMessage message) {
    const core::InstanceId* main = table_.by_pid(message.pid);
    if (main == nullptr && templates_.asking()) {
        // It may be a worker that has just said whose it is.
        templates_.hear();
        turn_.run_events();
        main = table_.by_pid(message.pid);
    }
    const core::InstanceId* const owner = main != nullptr ? main : tree_of(message.pid);
    const core::Unit* const known = owner != nullptr ? system_.find(owner->unit) : nullptr;
    const config::Unit* const unit =
        known != nullptr ? definitions_.find(known->spec->name) : nullptr;
    const bool tree_may = unit != nullptr && unit->ready && unit->ready->notify_from_tree;
    std::string problem;
    if (!message.fields) {
        problem = message.fields.error();
    } else if (unit == nullptr) {
        problem = "it belongs to no service";
    } else if (main == nullptr && !tree_may) {
        problem = "it is not the main process of " + name_of(*owner) +
                  " (notify = \"tree\" would let it)";
    }
    if (!problem.empty()) {
        if (now() - stranger_logged_ < stranger_pause) return;
        stranger_logged_ = now();
        return log_.warn("cannot take a notify message of process " + std::to_string(message.pid) +
                         ": " + problem);
    }
    const core::InstanceId id = *owner;
    const core::Instance* const instance = system_.find(id);
    if (instance == nullptr || !core::alive(*instance)) return;
    heed(id, instance->run, *unit, std::move(message));
}

// In the order in which systemd looks at them.
void Supervisor::heed(core::InstanceId id, core::RunId run, const config::Unit& unit,
                      NotifyMessage message) {
    const NotifyFields& fields = *message.fields;
    if (fields.main_pid || fields.main_pidfd) change_main(id, run, message);
    if (fields.status || fields.error) set_said(id, fields);
    if (fields.fd_store_remove) fd_store_.remove(store_slot(id), stored_name(fields.fd_name));
    if (fields.fd_store) store_descriptors(id, unit.fd_store_max, message);
    const Row& row = table_.row(id);
    const bool awaited = unit.ready && unit.ready->kind == config::ReadyKind::notify &&
                         row.extras && row.extras->watch;
    if (fields.ready && awaited) row.extras->watch->told();
    // As a pair RELOADING=1 comes first and READY=1 ends it; in one message both are said at once.
    if (fields.stopping) {
        happen(core::ServiceAnnounced{id, run, core::Announced::stopping});
    } else if (fields.reloading) {
        happen(core::ServiceAnnounced{id, run, core::Announced::reloading});
    } else if (fields.ready) {
        happen(core::ServiceAnnounced{id, run, core::Announced::nothing});
    }
    if (fields.recycle) happen(core::RecycleAsked{id, run, printable_status(*fields.recycle)});
    if (fields.extend_timeout) {
        happen(core::TimeoutExtended{id, run, *fields.extend_timeout});
    }
    watchdog_told(id, run, fields);
}

void Supervisor::set_said(core::InstanceId id, const NotifyFields& fields) {
    std::string text = fields.status.value_or("");
    if (fields.error && *fields.error != 0) {
        const char* const cause = ::strerrordesc_np(*fields.error);
        text += (text.empty() ? "" : ": ") +
                (cause != nullptr ? std::string{cause} : "error " + std::to_string(*fields.error));
    }
    table_.row(id).extra().said = printable_status(text);
    turn_.outdate(id);
    settle_later();
}

void Supervisor::store_descriptors(core::InstanceId id, std::size_t most, NotifyMessage& message) {
    const NotifyFields& fields = *message.fields;
    const std::string name = stored_name(fields.fd_name);
    os::ForeignFds given = std::move(message.descriptors);
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (fd_store_.add(store_slot(id), given.take(i), name, fields.fd_poll, most)) continue;
        return log_.warn("unit " + name_of(id) + ": cannot keep another descriptor for it, \"" +
                         name + "\": fd-store-max is " + std::to_string(most));
    }
}

// The main process has handed over to another, as gunicorn and nginx do when
// they replace themselves. Only one of the service's own tree is believed.
void Supervisor::change_main(core::InstanceId id, core::RunId run, const NotifyMessage& message) {
    const NotifyFields& fields = *message.fields;
    pid_t pid = fields.main_pid.value_or(0);
    if (fields.main_pidfd && !message.descriptors.empty()) {
        pid = os::pidfd_pid(message.descriptors.back()).value_or(0);
    }
    const pid_t before = system_.find(id)->pid;
    if (pid == before || before == 0) return;
    // Opened first: what is found out afterwards is about this very process.
    auto pidfd = pid > 0 ? os::pidfd_open(pid) : Result<os::Fd>{os::Fd{}};
    const core::InstanceId* const owner = pid > 0 ? tree_of(pid) : nullptr;
    const auto stat = pid > 0 ? os::process_stat(pid) : std::nullopt;
    const bool lives = pidfd && *pidfd && stat && stat->state != 'Z';
    if (!lives || owner == nullptr || !(*owner == id)) {
        return log_.warn("unit " + name_of(id) + ": process " + std::to_string(pid) +
                         " cannot be its main process: it is none of its own");
    }
    static const std::int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
    Row& row = table_.row(id);
    row.cloned_ns = static_cast<std::int64_t>(stat->start_ticks) * tick_ns;
    // Its parent may be the old one, of which the keeper hears nothing: its end is seen by the
    // pidfd.
    row.stranger = true;
    table_.erase_pid(before);
    table_.set_pid(pid, id);
    strangers_.add(pid, std::move(*pidfd));
    if (parks()) hold_pidfd(run, pid);
    log_.info("unit " + name_of(id) + ": process " + std::to_string(pid) +
              " is its main process now, in place of " + std::to_string(before));
    happen(core::MainChanged{id, run, pid});
}

}  // namespace superd::supervisor
