// The hooks that run at this moment.
#pragma once

#include "core/event.hpp"
#include "os/fd.hpp"
#include "supervisor/own_child.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

class HookJobs {
public:
    struct Job {
        core::InstanceId instance;
        core::RunId run = 0;
        core::Hook hook = core::Hook::none;
        std::uint64_t log = 0;  // The number of its output, as that of a run.
    };
    // How it ended, to complete "pre-start hook ": "ended with exit 3".
    struct End {
        Job job;
        bool ok = false;
        bool cancelled = false;
        std::string text;
    };
    using Ended = std::function<void(End end)>;

    HookJobs(boost::asio::any_io_executor executor, Ended ended)
        : executor_{std::move(executor)}, ended_{std::move(ended)} {}
    ~HookJobs();
    HookJobs(const HookJobs&) = delete;
    HookJobs& operator=(const HookJobs&) = delete;

    // Its pid; `Ended` follows, never before this has returned. With a `limit` it is killed
    // after that time.
    std::expected<pid_t, std::string> start(const Job& job, os::SpawnPlan plan,
                                            core::Duration limit = {});
    // Its process group is killed.
    void cancel(core::RunId run, core::Hook hook);
    // Likewise of all; what they were run for hears that they failed.
    void kill_all();
    bool idle() const { return running_.empty(); }

private:
    struct Running {
        Job job;
        std::shared_ptr<OwnChild> child;
        std::unique_ptr<boost::asio::steady_timer> limit;
        bool late = false, cancelled = false;
    };
    void watch(std::uint64_t number, core::Duration limit);
    void ended(std::uint64_t number, const core::ExitStatus& status);

    boost::asio::any_io_executor executor_;
    Ended ended_;
    std::map<std::uint64_t, Running> running_;  // By a number of its own.
    std::uint64_t next_ = 1;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace superd::supervisor
