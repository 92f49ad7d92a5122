// Looks at all threads of many processes, a little at a time: services may have thousands of
// threads, and reading /proc for one costs as much as a turn that restarts something.
#pragma once

#include "core/event.hpp"
#include "os/thread.hpp"
#include "wire/threads.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

// Each survey is two passes with the time of the sample between them; what was counted at both
// gives the shares. All surveys together take at most a slice of each round of the event loop.
class ThreadSurvey {
public:
    using Done = std::function<void(wire::Threads)>;
    struct Sources {
        // All living processes of an instance, its main one first.
        std::function<std::vector<pid_t>(core::InstanceId)> processes;
        // Adds what the instance itself says of its threads.
        std::function<void(core::InstanceId, wire::InstanceThreads&)> tell;
    };
    // An instance to be looked at, and its answer with all that is known of it already.
    struct Subject {
        core::InstanceId id;
        wire::InstanceThreads answer;
    };
    // More threads in one survey are counted, not looked at.
    static constexpr std::size_t threads_max = 4096;

    ThreadSurvey(boost::asio::any_io_executor executor, Sources sources);
    ~ThreadSurvey();

    // `done` is called once, later. Returns a number for `abandon`; the highest bit is set.
    // No sample: shares are not measured.
    std::uint64_t begin(std::vector<Subject> subjects, std::chrono::nanoseconds sample, Done done);
    // `done` is not called. No such survey: nothing happens.
    void abandon(std::uint64_t id);

private:
    struct Job;

    void wake();
    void work();
    bool step(Job& job);
    bool list_processes(Job& job);
    bool list_threads(Job& job);
    bool measure(Job& job);
    bool look(Job& job);
    void sleep(std::shared_ptr<Job> job);
    void finish(std::shared_ptr<Job> job);

    boost::asio::any_io_executor executor_;
    Sources sources_;
    std::deque<std::shared_ptr<Job>> ready_;  // To be worked on, in turns.
    std::vector<std::shared_ptr<Job>> asleep_;
    std::uint64_t next_id_ = std::uint64_t{1} << 63;
    std::shared_ptr<bool> awake_;  // A call of work() is due; its owner is this survey.
};

}  // namespace superd::supervisor
