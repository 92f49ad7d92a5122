// Which living processes belong to a run, where there are no control groups.
//
// A run's leader is a child of the keeper and leads its own session. What it
// starts is found by descent while its parents live. What has lost its parent
// came back to the keeper, as that is a sub-reaper, and is known by the mark
// in its environment (SUPERD_RUN), else by the leader's session or group.
//
// Anybody can write a mark into the environment of what he starts. It counts for those who came
// back to the keeper, which nobody does who was not started below it; elsewhere for processes that
// are run by the run's user, by root or by superd's user (process_user.hpp). So what such a run has
// left behind outside of its session, and under a user that it changed to by itself, is not found.
#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace superd::os {

// A run that is asked about. Its leader may have ended.
struct TreeRun {
    pid_t leader = 0;  // 0 once its number serves another process: then only marks tell.
    std::uint64_t run = 0;
    uid_t user = 0;  // Of what it started as.
};

// A living process of a run; a zombie is none.
struct TreeMember {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;  // With the pid: this very process.
    std::uint64_t run = 0;
};

// What sets the marks of this superd apart from those of another on the same
// host, which counts its runs from 1 too: the identity of its runtime directory.
Result<std::string> tree_scope(const std::string& runtime_directory);

// The value of SUPERD_RUN for a process of the run: "17@1a-2b3c".
std::string run_mark(std::uint64_t run, const std::string& scope);

class TreeScan {
public:
    // Pids of which the caller knows already what they are, leaders
    // of any run, supervisor, logger. They cost nothing.
    using Known = std::function<bool(pid_t)>;

    // `scope`: see tree_scope.
    TreeScan(pid_t keeper, std::string scope) : keeper_{keeper}, scope_{std::move(scope)} {}

    // The members of `runs`, leaders included, from one pass over the keeper's
    // children and the descendants of those that belong. No member of a run in
    // the answer: its tree is gone.
    std::vector<TreeMember> children(std::span<const TreeRun> runs, const Known& known) const;

    // The same from all of /proc: for runs whose leader is not the keeper's
    // child, as it was started by a keeper that died since.
    std::vector<TreeMember> everywhere(std::span<const TreeRun> runs, const Known& known) const;

private:
    pid_t keeper_;
    std::string scope_;
};

// Sends to each that is still the process it was; tells how many got it.
std::size_t signal_members(std::span<const TreeMember> members, int number);

// True while a process, zombies included, is in the group that `leader` leads or led.
bool group_alive(pid_t leader);

}  // namespace superd::os
