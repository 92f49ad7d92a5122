#include "os/tree.hpp"

#include "os/fd.hpp"
#include "os/process.hpp"
#include "os/process_user.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace superd::os {
namespace {

constexpr int rounds_max = 16;  // Of looking again for orphans of those that died meanwhile.

template <class Number>
void append_number(std::string& text, Number number, int base) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number, base);
    text.append(digits, end);
}

// The process if it lives. A process whose main thread ended before the others
// looks like a zombie and is none.
std::optional<ProcessStat> living(pid_t pid) {
    const auto stat = process_stat(pid);
    if (!stat || stat->state == 'X') return std::nullopt;
    if (stat->state == 'Z' && stat->threads < 2) return std::nullopt;
    return stat;
}

// One scan at work.
class Pass {
public:
    Pass(std::span<const TreeRun> runs, const TreeScan::Known& known, const std::string& scope,
         pid_t keeper)
        : known_{known}, scope_{scope}, keeper_{keeper} {
        for (const TreeRun& run : runs) {
            users_.emplace(run.run, run.user);
            if (run.leader <= 0) continue;  // Session 0 is the kernel's.
            // Two runs with one leader's number: it was used again, by the later one.
            std::uint64_t& latest = by_leader_[run.leader];
            latest = std::max(latest, run.run);
        }
    }

    // Takes in the leaders that live. First of all: what is orphaned from then
    // on is in the keeper's list when that is read.
    void take_leaders() {
        for (const auto& [leader, latest] : by_leader_) {
            if (const auto stat = living(leader)) take_root(*stat);
            seen_.insert(leader);
        }
    }

    // Takes in the keeper's children and their descendants. True if one that
    // was not known has ended: its own children may have come to the keeper since.
    bool take_children(const std::vector<pid_t>& pids) {
        bool somebody_ended = false;
        for (const pid_t pid : pids) {
            if (seen_.contains(pid) || known_(pid)) continue;
            const auto stat = living(pid);
            if (stat && stat->rss_bytes == 0 && run_of(*stat) == 0) {
                // It is exiting and has no memory, so no mark, any more: look again.
                somebody_ended = true;
                continue;
            }
            if (stat) take_root(*stat);
            somebody_ended = somebody_ended || !stat;
            seen_.insert(pid);
        }
        return somebody_ended;
    }

    void take_everything(const std::vector<pid_t>& pids);

    std::vector<TreeMember> members() && { return std::move(members_); }

private:
    // The run that a process belongs to by itself; 0: none that is asked about.
    std::uint64_t run_of(const ProcessStat& stat) const;
    // The one that is asked about and marked on it, if that can be believed.
    std::uint64_t believed(const ProcessStat& stat, std::uint64_t run) const {
        const auto user = users_.find(run);
        if (user == users_.end()) return 0;
        return stat.parent == keeper_ || is_run_by(stat.pid, user->second) ? run : 0;
    }
    void take_root(const ProcessStat& stat) {
        if (const std::uint64_t run = run_of(stat); run != 0) take_tree(stat, run);
    }
    void take_tree(const ProcessStat& root, std::uint64_t run);
    void take(const ProcessStat& stat, std::uint64_t run) {
        members_.push_back({.pid = stat.pid, .start_ticks = stat.start_ticks, .run = run});
    }

    const TreeScan::Known& known_;
    const std::string& scope_;
    pid_t keeper_;
    std::unordered_map<std::uint64_t, uid_t> users_;  // By run.
    std::unordered_map<pid_t, std::uint64_t> by_leader_;
    std::unordered_set<pid_t> seen_;
    std::vector<TreeMember> members_;
};

std::uint64_t Pass::run_of(const ProcessStat& stat) const {
    // The mark comes first: a session's number may have been used again.
    if (const auto mark = process_environment(stat.pid, "SUPERD_RUN")) {
        std::uint64_t run = 0;
        const char* const last = mark->data() + mark->size();
        const auto [end, error] = std::from_chars(mark->data(), last, run);
        const bool ours = error == std::errc{} && *mark == run_mark(run, scope_);
        if (const std::uint64_t found = ours ? believed(stat, run) : 0; found != 0) return found;
        // It says itself that it is of a run that nobody asks about.
        if (ours && !users_.contains(run)) return 0;
    }
    for (const pid_t leader : {stat.session, stat.group}) {
        if (const auto found = by_leader_.find(leader); found != by_leader_.end())
            return found->second;
    }
    return 0;
}

// Those who still have their parent belong with it, whatever they say themselves.
void Pass::take_tree(const ProcessStat& root, std::uint64_t run) {
    if (!seen_.insert(root.pid).second) return;
    take(root, run);
    std::vector<pid_t> parents{root.pid};
    while (!parents.empty()) {
        const pid_t parent = parents.back();
        parents.pop_back();
        for (const pid_t pid : children_of(parent)) {
            if (!seen_.insert(pid).second) continue;
            const auto stat = living(pid);
            if (!stat) continue;
            take(*stat, run);
            parents.push_back(pid);
        }
    }
}

void Pass::take_everything(const std::vector<pid_t>& pids) {
    std::unordered_map<pid_t, ProcessStat> stats;
    std::unordered_map<pid_t, std::uint64_t> owners;  // 0: none of the runs.
    for (const pid_t pid : pids) {
        if (!by_leader_.contains(pid) && known_(pid)) continue;
        const auto stat = living(pid);
        if (!stat) continue;
        stats.emplace(pid, *stat);
        owners[pid] = run_of(*stat);
    }
    // A child of a member is one too. Each round goes one generation further down.
    for (bool found = true; found;) {
        found = false;
        for (const auto& [pid, stat] : stats) {
            const auto parent = owners.find(stat.parent);
            if (owners[pid] != 0 || parent == owners.end() || parent->second == 0) continue;
            owners[pid] = parent->second;
            found = true;
        }
    }
    for (const auto& [pid, stat] : stats) {
        if (const std::uint64_t run = owners[pid]; run != 0 && seen_.insert(pid).second)
            take(stat, run);
    }
}

}  // namespace

Result<std::string> tree_scope(const std::string& runtime_directory) {
    struct stat status{};
    if (::stat(runtime_directory.c_str(), &status) < 0) {
        return fail_errno(errno, "look at " + runtime_directory);
    }
    std::string scope;
    append_number(scope, status.st_dev, 16);
    scope += '-';
    append_number(scope, status.st_ino, 16);
    return scope;
}

std::string run_mark(std::uint64_t run, const std::string& scope) {
    return std::to_string(run) + "@" + scope;
}

std::vector<TreeMember> TreeScan::children(std::span<const TreeRun> runs,
                                           const Known& known) const {
    Pass pass{runs, known, scope_, keeper_};
    pass.take_leaders();
    // What a process leaves when it ends comes to the keeper before it is seen
    // as a zombie; but perhaps after the list was read.
    for (int round = 0; round < rounds_max; ++round) {
        if (!pass.take_children(children_of(keeper_))) break;
    }
    return std::move(pass).members();
}

std::vector<TreeMember> TreeScan::everywhere(std::span<const TreeRun> runs,
                                             const Known& known) const {
    Pass pass{runs, known, scope_, keeper_};
    pass.take_everything(all_processes());
    return std::move(pass).members();
}

std::size_t signal_members(std::span<const TreeMember> members, int number) {
    std::size_t sent = 0;
    for (const TreeMember& member : members) {
        const auto pidfd = pidfd_open(member.pid);
        if (!pidfd) continue;
        // Looked at after the pidfd was opened: what it holds is what is compared.
        const auto stat = process_stat(member.pid);
        if (!stat || stat->start_ticks != member.start_ticks) continue;
        if (pidfd_signal(*pidfd, number)) ++sent;
    }
    return sent;
}

bool group_alive(pid_t leader) { return ::kill(-leader, 0) == 0 || errno == EPERM; }

}  // namespace superd::os
