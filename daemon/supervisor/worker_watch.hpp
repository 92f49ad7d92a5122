// Watches over the workers of hosted services by their pages: who stalls, where, and what their
// figures are. One timer for all; a worker that is well costs a look at a few words of memory.
#pragma once

#include "core/event.hpp"
#include "core/stall.hpp"
#include "os/symbols.hpp"
#include "supervisor/worker_page.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

// What a worker came to, summed over its threads.
struct WorkerFigures {
    std::uint64_t done = 0;          // Tasks ended in this run.
    std::optional<double> a_second;  // Of them, in the last seconds; empty: it is too young.
    std::uint64_t live = 0;          // Coroutines and tasks.
    std::uint32_t busy = 0, slots = 0;
    std::uint32_t lag_us = 0, lag_worst_us = 0;  // Of its loops.
    std::uint64_t tasks_lost = 0;                // That found no place in the list.
    bool stopping = false;
    std::vector<PageMetric> metrics;  // What the service itself counts.
};

// What a worker noted before it died.
struct CrashReport {
    std::string text;                // "SIGSEGV at 0x10 in thread 4711 (loop), at "GET /x""
    std::vector<std::string> stack;  // Innermost first.
};

class WorkerWatch {
public:
    struct Told {
        core::InstanceId id;
        core::RunId run = 0;
        pid_t pid = 0;
        core::StallTurn turn;
        core::OnStall on_stall{};
        std::vector<std::string> stack;  // Empty: nobody asked for it, or it gave no answer.
    };
    using Teller = std::function<void(const Told&)>;

    // `tell` is called for what is to be told; if its turn acts, what the rule says is to be done.
    WorkerWatch(const boost::asio::any_io_executor& executor, Teller tell);

    // A run whose worker writes into the page, from before it begins to after its end.
    void add(core::RunId run, core::InstanceId id, WorkerPage page);
    void remove(core::RunId run) { workers_.erase(run); }
    // It is another place's by now.
    void move(core::RunId run, core::InstanceId id);

    bool empty() const { return workers_.empty(); }
    // Whether that process is held to a rule now.
    bool holds(core::RunId run, pid_t pid) const;
    // It is ready, and held to the rule from now on; again: to another one.
    void begin(core::RunId run, pid_t pid, const core::StallRule& rule);
    // It stands still: held to nothing until it begins again. What was found out before is told.
    void rest(core::RunId run, pid_t pid);
    // It is not ready any more. Likewise.
    void end(core::RunId run);

    const WorkerPage* page(core::RunId run) const;
    // That it is held to; empty: to none.
    std::optional<core::StallRule> rule(core::RunId run) const;
    std::optional<WorkerFigures> figures(core::RunId run) const;
    // What its worst stall is, while it lasts; empty: none.
    std::string trouble(core::RunId run) const;
    // Of the process that was the worker.
    std::optional<CrashReport> crash(core::RunId run, pid_t pid) const;

private:
    struct Count {
        core::Instant at{};
        std::uint64_t done = 0;
    };
    // A thread was asked where it is.
    struct Trace {
        core::StallTurn turn;
        std::uint64_t traces = 0;  // That its slot had before.
        core::Instant at{};
        int looks = 0;
    };
    struct Trouble {
        core::StallTurn turn;
        core::Instant at{};
    };
    struct Worker {
        core::InstanceId id;
        WorkerPage page;
        pid_t pid = 0;  // 0: it is not ready.
        core::StallRule rule;
        std::optional<core::StallWatch> watch;  // Empty: it is held to no rule.
        std::vector<os::CodeMapping> code;      // As it was mapped when last looked at.
        std::vector<Trace> tracing;
        std::map<std::uint32_t, Trouble> troubles;  // By slot.
        Count older, newer;                         // Of the tasks that ended, some seconds apart.
    };

    void let_be(core::RunId run, Worker& worker);
    void schedule();
    void round();
    void look(core::RunId run, Worker& worker, core::Instant now, bool away);
    void count(Worker& worker, const std::vector<PageSlot>& slots, core::Instant now);
    void take(core::RunId run, Worker& worker, core::StallTurn turn);
    bool trace(Worker& worker, const core::StallTurn& turn);
    void answer_traces(core::RunId run, Worker& worker, core::Instant now);
    void flush();
    void tell(core::RunId run, const Worker& worker, const core::StallTurn& turn,
              std::vector<std::string> stack);

    boost::asio::steady_timer timer_;
    Teller tell_;
    std::vector<Told> told_;  // In this round: what follows may take workers away.
    std::map<core::RunId, Worker> workers_;
    core::Duration every_{};
    core::Instant due_{};  // Of the next round; epoch: none.
};

}  // namespace superd::supervisor
