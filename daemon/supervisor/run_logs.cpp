#include "supervisor/run_logs.hpp"

#include "os/fifo.hpp"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace superd::supervisor {
namespace {

// While many end at once, to take in their exits and to start them again comes
// before their last lines.
constexpr std::chrono::milliseconds calm{2};
constexpr int postponed_max = 50;
constexpr std::size_t few = 4;  // So many are told at once.

}  // namespace

RunLogs::RunLogs(const boost::asio::any_io_executor& executor, std::string runtime_directory,
                 KeeperLink& keeper, LoggerLink& logger, Describe describe, Busy busy)
    : directory_{std::move(runtime_directory) + "/log"},
      keeper_{keeper},
      logger_{logger},
      describe_{std::move(describe)},
      busy_{std::move(busy)},
      calm_{executor} {}

std::string RunLogs::path(core::RunId run, const char* stream) const {
    return directory_ + "/" + std::to_string(run) + stream;
}

Result<RunLogs::Fifos> RunLogs::create(core::RunId run, uid_t owner, gid_t group) {
    Fifos fifos;
    auto out = os::make_fifo(path(run, ".out"), owner, group);
    if (!out) return std::unexpected{std::move(out.error())};
    auto err = os::make_fifo(path(run, ".err"), owner, group);
    if (!err) {
        ::unlink(path(run, ".out").c_str());
        return std::unexpected{std::move(err.error())};
    }
    const std::array both{out->get(), err->get()};
    keeper_.hold("log." + std::to_string(run), both);
    return Fifos{std::move(*out), std::move(*err)};
}

uid_t RunLogs::user(core::RunId run) const {
    struct stat status{};
    // Only root can give one away.
    return ::lstat(path(run, ".out").c_str(), &status) == 0 ? status.st_uid : ::geteuid();
}

void RunLogs::discard(core::RunId run) { remove(run); }

void RunLogs::remove(core::RunId run) {
    ::unlink(path(run, ".out").c_str());
    ::unlink(path(run, ".err").c_str());
    keeper_.release("log." + std::to_string(run));
}

void RunLogs::send_open(core::RunId run, const Entry& entry) {
    if (entry.instance.unit == 0) return;
    logger::Open open = entry.last_word ? *entry.last_word : describe_(entry.instance);
    open.run = run;
    open.pid = entry.pid;
    if (!entry.label.empty()) {
        open.label = entry.label;
        open.ready_pattern.clear();
    }
    logger_.send(std::move(open));
}

void RunLogs::send_phase(core::RunId run, const Entry& entry) {
    if (entry.phase != Phase::open) logger_.send(logger::Drain{run});
    if (entry.phase == Phase::closing) logger_.send(logger::Close{run});
}

void RunLogs::open(core::RunId run, core::InstanceId instance, pid_t pid, std::string_view label) {
    Entry& entry = runs_[run];
    entry.instance = instance;
    entry.pid = pid;
    entry.label = label;
    send_open(run, entry);
}

void RunLogs::drain(core::RunId run) {
    const auto found = runs_.find(run);
    if (found == runs_.end() || found->second.phase != Phase::open) return;
    found->second.phase = Phase::draining;
    found->second.owed = true;
    owed_.push_back(run);
}

void RunLogs::settle() {
    if (owed_.empty()) return;
    if (owed_.size() <= few && postponed_ == 0) return pay();
    if (postponed_ == 0) pay_later();
}

void RunLogs::pay_later() {
    ++postponed_;
    calm_.expires_after(calm);
    calm_.async_wait([this, so_far = owed_.size()](boost::system::error_code error) {
        if (error) return;
        const bool urgent = so_far < owed_.size() || busy_();
        if (urgent && postponed_ < postponed_max) return pay_later();
        postponed_ = 0;
        pay();
        logger_.flush();
    });
}

void RunLogs::pay() {
    for (const core::RunId run : std::exchange(owed_, {})) {
        const auto found = runs_.find(run);
        if (found == runs_.end() || !std::exchange(found->second.owed, false)) continue;
        send_phase(run, found->second);
    }
}

void RunLogs::close(core::RunId run) {
    const auto found = runs_.find(run);
    if (found == runs_.end() || found->second.phase == Phase::closing) return;
    found->second.phase = Phase::closing;
    if (!found->second.owed) logger_.send(logger::Close{run});
}

void RunLogs::closed(core::RunId run) {
    // A late answer of an earlier connection: the run is not to be closed yet.
    const auto found = runs_.find(run);
    if (found == runs_.end() || found->second.phase != Phase::closing) return;
    runs_.erase(found);
    remove(run);
}

void RunLogs::retire(core::RunId run) {
    runs_[run].phase = Phase::closing;
    logger_.send(logger::Close{run});
}

void RunLogs::swap(core::InstanceId instance) {
    for (auto& [run, entry] : runs_) {
        if (core::in_place(entry.instance) != instance) continue;
        const bool beside = core::is_beside(entry.instance);
        entry.instance = beside ? instance : core::beside(instance);
    }
}

void RunLogs::forget(core::InstanceId instance) {
    for (auto& [run, entry] : runs_) {
        if (entry.instance != instance || entry.last_word) continue;
        entry.last_word = std::make_unique<logger::Open>(describe_(instance));
    }
}

void RunLogs::refresh(core::InstanceId instance) {
    for (const auto& [run, entry] : runs_) {
        if (entry.instance == instance && entry.phase == Phase::open) send_open(run, entry);
    }
}

void RunLogs::say(core::RunId run, std::string_view text) const {
    const os::Fd fifo{::open(path(run, ".err").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!fifo) return;
    std::string line{text.substr(0, PIPE_BUF - 1)};  // Never mixed with what others write.
    std::ranges::replace(line, '\n', ' ');
    line += '\n';
    static_cast<void>(!::write(fifo.get(), line.data(), line.size()));
}

bool RunLogs::settled() const {
    return std::ranges::all_of(runs_,
                               [](const auto& each) { return each.second.phase == Phase::open; });
}

void RunLogs::say_again() {
    for (auto& [run, entry] : runs_) {
        entry.owed = false;
        send_open(run, entry);
        send_phase(run, entry);
    }
}

const core::InstanceId* RunLogs::find(core::RunId run) const {
    const auto found = runs_.find(run);
    return found == runs_.end() ? nullptr : &found->second.instance;
}

bool RunLogs::is_labelled(core::RunId run) const {
    const auto found = runs_.find(run);
    return found != runs_.end() && !found->second.label.empty();
}

std::vector<core::RunId> RunLogs::leftovers() const {
    std::vector<core::RunId> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory{::opendir(directory_.c_str()), ::closedir};
    if (!directory) return found;
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string_view name{entry->d_name};
        core::RunId run = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), run);
        if (error == std::errc{} && end != name.data() + name.size() && *end == '.') {
            found.push_back(run);
        }
    }
    std::ranges::sort(found);
    const auto repeated = std::ranges::unique(found);
    found.erase(repeated.begin(), repeated.end());
    return found;
}

}  // namespace superd::supervisor
