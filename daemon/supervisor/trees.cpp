#include "supervisor/trees.hpp"

#include "os/clock.hpp"
#include "os/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
// Looking may take a tenth of the time; a burst of deaths may spend some ahead.
constexpr std::int64_t share = 10;
constexpr std::int64_t budget_max = 20 * millisecond;
// Who is in the leader's process group got the signal at once. Most trees end
// of that; only what is left a moment later is worth looking for. A look costs
// some 40 µs a tree, so the more trees are ending, the later it is.
constexpr std::int64_t signal_look_after = 5 * millisecond;
constexpr std::int64_t signal_look_after_each = millisecond / 5;
constexpr std::int64_t reaped_for = 200 * millisecond;
constexpr std::size_t reaped_many = 2048;  // So many are worth a look for old ones.

}  // namespace

Trees::Trees(const boost::asio::any_io_executor& executor, pid_t keeper, std::string scope,
             Groups* groups, Handlers handlers)
    : keeper_{keeper},
      scan_{keeper, std::move(scope)},
      groups_{groups},
      handlers_{std::move(handlers)},
      ends_{executor, [this](pid_t, std::optional<int>) { orphan_ended(); }},
      timer_{executor},
      budget_ns_{budget_max},
      budget_at_ns_{os::monotonic_now()} {
    const std::string process = "/proc/" + std::to_string(keeper);
    const std::string path = process + "/task/" + std::to_string(keeper) + "/children";
    children_ = os::Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (groups_ == nullptr) return;
    groups_->on_change([this](std::span<const std::uint64_t>) { orphan_ended(); });
}

Trees::Asked& Trees::asked(const Subject& subject) {
    Asked& asked = asked_[subject.run];
    asked.instance = subject.instance;
    asked.leader = subject.leader;
    asked.leader_alive = subject.leader_alive;
    asked.stranger = subject.stranger;
    asked.group = subject.group;
    asked.user = subject.user;
    return asked;
}

void Trees::sweep(const Subject& subject) {
    Asked& entry = asked(subject);
    entry.wants_answer = true;
    look_due_ = true;
}

void Trees::signal(const Subject& subject, int number) {
    if (signal_group(subject, number)) return;
    // While the leader is not reaped, its group's number is nobody else's.
    const bool hit = subject.leader_alive && ::kill(-subject.leader, number) == 0;
    Asked& entry = asked(subject);
    entry.signal = number;
    entry.group_hit = hit;
    if (!hit) {
        look_due_ = signals_due_ = true;
        handlers_.due();
    } else {
        if (signalled_at_ns_ == 0) signalled_at_ns_ = os::monotonic_now();
        wake_for_signals();
    }
}

void Trees::wake_for_signals() {
    const auto trees = static_cast<std::int64_t>(asked_.size());
    const std::int64_t after = std::max(signal_look_after, signal_look_after_each * trees);
    const std::int64_t left = signalled_at_ns_ + after - os::monotonic_now();
    wake(std::chrono::nanoseconds{std::max<std::int64_t>(left, 0)});
}

// Some time has passed; were signals sent meanwhile to so many that it is too early?
bool Trees::early_for_signals() const {
    const auto trees = static_cast<std::int64_t>(asked_.size());
    return os::monotonic_now() < signalled_at_ns_ + signal_look_after_each * trees;
}

// True if the control group took care of it.
bool Trees::signal_group(const Subject& subject, int number) {
    if (groups_ == nullptr || subject.group.empty() || subject.stranger) return false;
    const os::CgroupParent& parent = groups_->parent();
    if (number == SIGKILL) return parent.kill(subject.group).has_value();
    const auto sent = parent.signal(subject.group, number);
    return sent && *sent > 0;
}

void Trees::forget(core::RunId run) {
    if (groups_ != nullptr) groups_->unwatch(run);
    asked_.erase(run);
}

void Trees::reaped(pid_t pid) {
    remember(pid);
    orphan_ended();
}

void Trees::orphan_ended() {
    const auto owed = [](const auto& each) { return each.second.lingering; };
    if (!std::ranges::any_of(asked_, owed)) return;
    look_due_ = true;
    handlers_.due();
}

void Trees::remember(pid_t pid) {
    const std::int64_t moment = os::monotonic_now();
    if (reaped_.size() >= reaped_many) {
        std::erase_if(reaped_, [=](const auto& each) { return each.second < moment - reaped_for; });
    }
    reaped_[pid] = moment;
}

bool Trees::remembered(pid_t pid) const {
    const auto found = reaped_.find(pid);
    return found != reaped_.end() && found->second >= os::monotonic_now() - reaped_for;
}

void Trees::wake(std::chrono::nanoseconds after) {
    const auto at = std::chrono::steady_clock::now() + after;
    if (timer_.expiry() > std::chrono::steady_clock::now() && timer_.expiry() <= at) return;
    timer_.expires_at(at);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        if (signalled_at_ns_ != 0 && early_for_signals()) {
            wake_for_signals();
        } else {
            signalled_at_ns_ = 0;
            signals_due_ = true;
        }
        look_due_ = true;
        handlers_.due();
    });
}

bool Trees::affordable() {
    const std::int64_t moment = os::monotonic_now();
    budget_ns_ = std::min(budget_max, budget_ns_ + (moment - budget_at_ns_) / share);
    budget_at_ns_ = moment;
    if (budget_ns_ > 0) return true;
    wake(std::chrono::nanoseconds{-budget_ns_ * share + millisecond});
    return false;
}

bool Trees::work() {
    if (!look_due_) return false;
    if (asked_.empty()) {
        look_due_ = signals_due_ = false;
        return false;
    }
    if (!affordable()) return false;
    const bool signals = std::exchange(signals_due_, false);
    look_due_ = false;
    const bool told = look(signals);
    budget_ns_ -= os::monotonic_now() - budget_at_ns_;
    budget_at_ns_ = os::monotonic_now();
    return told;
}

bool Trees::look(bool signals) {
    const Members members = find_members(signals);
    bool told = false;
    for (auto next = asked_.begin(); next != asked_.end();) {
        const auto current = next++;
        const core::RunId run = current->first;
        Asked& entry = current->second;
        const auto found = members.find(run);
        if (signals && entry.signal != 0) {
            if (found != members.end()) deliver(entry, found->second);
            entry.signal = 0;
        }
        const bool answer = (entry.wants_answer || entry.lingering) && !entry.leader_alive;
        if (answer) {
            const bool grouped = groups_ != nullptr && !entry.group.empty();
            const bool empty = found == members.end() && (!grouped || group_empty(run, entry));
            if (entry.stranger && found != members.end()) watch_members(found->second);
            told = settle(run, entry, empty) || told;
            continue;
        }
        if (entry.signal == 0 && !entry.lingering) asked_.erase(current);
    }
    return told;
}

// Tells what came out, unless that is known already. `asked` may be gone after it.
bool Trees::settle(core::RunId run, Asked& asked, bool empty) {
    const core::InstanceId instance = asked.instance;
    if (empty) {
        forget(run);
        handlers_.tell(core::TreeEmpty{instance, run});
        return true;
    }
    const bool owed = std::exchange(asked.wants_answer, false);
    asked.lingering = true;
    if (!owed) return false;
    handlers_.tell(core::TreeLeft{instance, run});
    return true;
}

bool Trees::group_empty(core::RunId run, const Asked& asked) {
    const auto populated = groups_->parent().populated(asked.group);
    if (populated && !*populated) return true;
    // Watched first, then asked again: what happens in between is not missed.
    if (!asked.lingering && groups_->watch(asked.group, run)) {
        const auto again = groups_->parent().populated(asked.group);
        return again && !*again;
    }
    return false;
}

// The keeper's children as the kernel lists them, against those that are known:
// in ordinary life nobody else is there, and a dead leader has left nobody.
bool Trees::strangers_at_keeper() {
    std::array<char, 4096> page;
    std::string text;
    for (off_t offset = 0;;) {
        const ssize_t count = ::pread(children_.get(), page.data(), page.size(), offset);
        if (count < 0) return true;
        if (count == 0) break;
        text.append(page.data(), static_cast<std::size_t>(count));
        offset += count;
    }
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        pid_t pid = 0;
        const auto [rest, error] = std::from_chars(at, end, pid);
        if (error != std::errc{}) break;
        if (!handlers_.known(pid) && !remembered(pid)) return true;
        at = rest + 1;
    }
    return false;
}

Trees::Members Trees::find_members(bool signals) {
    std::vector<os::TreeRun> children, strangers;
    bool only_dead = true;
    for (const auto& [run, entry] : asked_) {
        const bool to_signal = signals && entry.signal != 0;
        const bool to_sweep = (entry.wants_answer || entry.lingering) && !entry.leader_alive;
        // A control group knows by itself.
        const bool grouped = groups_ != nullptr && !entry.group.empty() && !entry.stranger;
        if ((!to_signal && !to_sweep) || (grouped && !to_signal)) continue;
        only_dead = only_dead && !entry.leader_alive;
        (entry.stranger ? strangers : children).push_back({entry.leader, run, entry.user});
    }
    const auto known = [this](pid_t pid) { return handlers_.known(pid) || remembered(pid); };
    Members members;
    const auto take = [&members](std::vector<os::TreeMember> found) {
        for (const os::TreeMember& each : found) members[each.run].push_back(each);
    };
    if (!children.empty() && (!only_dead || strangers_at_keeper())) {
        take(scan_.children(children, known));
    }
    if (!strangers.empty()) take(scan_.everywhere(strangers, handlers_.known));
    return members;
}

// Those who live under an earlier keeper's orphans' parent tell nobody of their
// end but a pidfd.
void Trees::watch_members(const std::vector<os::TreeMember>& members) {
    for (const os::TreeMember& member : members) {
        if (ends_.watches(member.pid)) continue;
        auto pidfd = os::pidfd_open(member.pid);
        const auto stat = os::process_stat(member.pid);
        const bool same = stat && stat->start_ticks == member.start_ticks;
        if (pidfd && same) ends_.add(member.pid, std::move(*pidfd));
        // It ended meanwhile: look again.
        else
            orphan_ended();
    }
}

void Trees::deliver(Asked& asked, const std::vector<os::TreeMember>& members) {
    std::vector<os::TreeMember> rest = members;
    if (asked.group_hit && asked.signal != SIGKILL) {
        // Once is enough: to many programs a second SIGTERM means "at once".
        std::erase_if(rest, [&](const os::TreeMember& member) {
            const auto stat = os::process_stat(member.pid);
            return !stat || stat->group == asked.leader;
        });
    }
    os::signal_members(rest, asked.signal);
}

}  // namespace superd::supervisor
