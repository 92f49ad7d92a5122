// The process trees of runs: signals to all of a tree, and finding out when
// nothing of it is left. Nobody is asked in a loop: an orphan's exit, a change
// of a control group or the end of a watched process is what makes it look again.
#pragma once

#include "core/event.hpp"
#include "os/fd.hpp"
#include "os/tree.hpp"
#include "supervisor/groups.hpp"
#include "supervisor/pid_watch.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

class Trees {
public:
    // A run as it is when it is asked about.
    struct Subject {
        core::InstanceId instance;
        core::RunId run = 0;
        pid_t leader = 0;
        bool leader_alive = false;
        bool stranger = false;  // No child of the keeper's: started under an earlier one.
        std::string group;      // Name of its control group; empty: none.
        uid_t user = 0;         // A stranger's: what it started as.
    };
    struct Handlers {
        std::function<void(core::Event)> tell;  // TreeEmpty or TreeLeft.
        std::function<bool(pid_t)> known;       // A main process of some run, or superd's.
        std::function<void()> due;              // work() has something to do.
    };

    Trees(const boost::asio::any_io_executor& executor, pid_t keeper, std::string scope,
          Groups* groups, Handlers handlers);

    // Answered by TreeEmpty, or by TreeLeft now and TreeEmpty later.
    void sweep(const Subject& subject);
    void signal(const Subject& subject, int number);
    void forget(core::RunId run);
    // Those that live at this moment; it costs a look, so only when somebody asks.
    std::vector<pid_t> processes(const Subject& subject) const;

    // A process that was no main process has ended and will be reaped.
    void reaped(pid_t pid);
    // A main process will be reaped.
    void leader_reaped(pid_t pid) { remember(pid); }
    // Watches a process that is no child of the keeper's; its end is an orphan's.
    void orphan_ended();

    // Looks, if somebody asked and the looking does not cost too much. True if
    // it told anything.
    bool work();

private:
    struct Asked {
        core::InstanceId instance;
        pid_t leader = 0;
        bool leader_alive = false;
        bool stranger = false;
        bool wants_answer = false;
        bool lingering = false;  // TreeLeft was told, TreeEmpty is owed.
        bool group_hit = false;  // The signal went to the leader's process group already.
        int signal = 0;          // To be sent to those of the tree that it has not reached.
        std::string group;
        uid_t user = 0;
    };
    using Members = std::map<core::RunId, std::vector<os::TreeMember>>;

    Asked& asked(const Subject& subject);
    void wake(std::chrono::nanoseconds after);
    void wake_for_signals();
    bool early_for_signals() const;
    bool affordable();
    bool look(bool signals);
    bool strangers_at_keeper();
    Members find_members(bool signals);
    void watch_members(const std::vector<os::TreeMember>& members);
    void deliver(Asked& asked, const std::vector<os::TreeMember>& members);
    bool settle(core::RunId run, Asked& asked, bool empty);
    bool group_empty(core::RunId run, const Asked& asked);
    bool signal_group(const Subject& subject, int number);
    void remember(pid_t pid);
    bool remembered(pid_t pid) const;

    pid_t keeper_;
    os::TreeScan scan_;
    Groups* groups_;
    Handlers handlers_;
    os::Fd children_;  // The keeper's, in /proc.
    PidWatch ends_;
    boost::asio::steady_timer timer_;
    std::map<core::RunId, Asked> asked_;
    bool look_due_ = false, signals_due_ = false;
    std::int64_t budget_ns_, budget_at_ns_;
    std::int64_t signalled_at_ns_ = 0;  // First signal that no look has followed yet; 0: none.

    // Reaped a moment ago, or about to be: not somebody left over.
    std::unordered_map<pid_t, std::int64_t> reaped_;  // When; may be listed for a moment more.
};

}  // namespace superd::supervisor
