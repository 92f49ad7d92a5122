// What the shell knows of each instance beside the core: small, as there are
// thousands. What only few have, or only for a while, is in `Extras`.
#pragma once

#include "core/event.hpp"
#include "os/fd.hpp"
#include "supervisor/checker.hpp"
#include "supervisor/ready.hpp"
#include "turn/record_codec.hpp"

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace superd::supervisor {

struct Extras {
    std::unique_ptr<ReadyWatch> watch;  // Of the current run, while it is starting.
    std::unique_ptr<Checker> checker;   // Of the current run, while it is ready.
    os::Fd readiness;                   // The read end of its readiness pipe, until it is watched.
    core::RunId readiness_run = 0;      // The keeper holds it too, for this run; 0: it does not.
    std::string said;                   // STATUS= of the current run.

    // Nobody asks the run whether it is ready until the core says so again: a process that is made
    // for that in a group that stands still would stand still too.
    void stop_asking() {
        if (watch && watch->asks()) watch.reset();
    }
};

struct Row {
    std::int64_t cloned_ns = 0;  // See turn::Record.
    std::uint32_t slot = 0;      // In the records; 0: none yet.
    turn::GroupCounts counts;    // Likewise.
    bool stranger = false;       // The run's leader is no child of the keeper's.
    bool grouped = false;        // It has a control group.
    bool other_group = false;    // Of an instance's two, the second (Supervisor::group_name).
    std::unique_ptr<Extras> extras;

    // Lets go of what nobody needs any more.
    void trim() {
        const bool bare = extras && !extras->watch && !extras->checker && !extras->readiness &&
                          extras->readiness_run == 0 && extras->said.empty();
        if (bare) extras.reset();
    }
    Extras& extra() {
        if (!extras) extras = std::make_unique<Extras>();
        return *extras;
    }
};

class Table {
public:
    // Made when it is asked for the first time.
    Row& row(core::InstanceId id) { return rows_[key(id)]; }
    const Row* find(core::InstanceId id) const {
        const auto found = rows_.find(key(id));
        return found == rows_.end() ? nullptr : &found->second;
    }
    void erase(core::InstanceId id) { rows_.erase(key(id)); }
    // The instance's runs, the one in place and the one beside it, change places.
    void swap(core::InstanceId id) {
        std::swap(row(id), row(core::beside(id)));
        for (auto& [pid, owner] : pids_) {
            if (core::in_place(owner) != id) continue;
            owner = core::is_beside(owner) ? id : core::beside(id);
        }
    }

    // Main processes, until their exits are handled.
    void set_pid(pid_t pid, core::InstanceId id) { pids_[pid] = id; }
    void erase_pid(pid_t pid) { pids_.erase(pid); }
    const core::InstanceId* by_pid(pid_t pid) const {
        const auto found = pids_.find(pid);
        return found == pids_.end() ? nullptr : &found->second;
    }

private:
    static std::uint64_t key(core::InstanceId id) {
        return std::uint64_t{id.unit} << 32 | id.index;
    }

    std::unordered_map<std::uint64_t, Row> rows_;
    std::unordered_map<pid_t, core::InstanceId> pids_;
};

}  // namespace superd::supervisor
