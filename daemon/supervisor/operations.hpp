// What can be asked of the supervisor: the one set of operations behind every
// face of the control API. Names of units and instances are as users write
// them; errors are sentences.
#pragma once

#include "core/event.hpp"
#include "core/probe.hpp"
#include "os/fd.hpp"
#include "wire/explanation.hpp"
#include "wire/graph.hpp"
#include "wire/health.hpp"
#include "wire/status.hpp"
#include "wire/tasks.hpp"
#include "wire/threads.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace superd::supervisor {

// One instance or one whole unit (index == core::all_instances).
struct Target {
    std::string unit;
    std::uint32_t index = core::all_instances;
};

enum class Action { start, stop, restart, reset, freeze, thaw };

// Whether a unit starts by itself.
enum class Enabling { on, off, as_configured };

// Another number of instances for a unit than its file says.
struct Scaling {
    enum class How {
        to,     // `number` of them.
        by,     // `number` more, or fewer, than there are to be now.
        cores,  // As many as superd may use processors, now.
        reset,  // As the file says.
    };
    std::string unit;
    How how = How::to;
    std::int32_t number = 0;
};

// How instances are given new processes, some after others.
struct Rolling {
    static constexpr std::uint32_t batch_max = 1024;

    std::uint32_t batch = 0;  // So many of a unit's at once; 0: as the unit says.
};

// How one target of a command came out.
struct TargetOutcome {
    Target target;
    core::Outcome outcome = core::Outcome::done;
    std::string state;   // As in status.
    std::string reason;  // Why; a sentence.
};

// What a client subscribes to. Each line is one JSON object (wire/event.hpp).
using EventSink = std::function<void(const std::string& line)>;

// Implemented by the supervisor; called on its one thread. Nothing here blocks.
class Operations {
public:
    virtual ~Operations() = default;

    // Turns selectors ("web", "web/0", "web*") into targets, or a
    // sentence with a suggestion: no unit is called "wbe"; did you mean "web"?
    // No selector at all selects every unit.
    struct Selected {
        std::vector<Target> targets;
        std::string error;
    };
    virtual Selected select(const std::vector<std::string>& selectors) const = 0;

    struct Detail {
        bool usage = false;   // memory and cpu too: reads /proc, a few µs each instance.
        bool deaths = false;  // Not only the last exit, but all that are remembered.
    };
    virtual wire::Status status(const std::vector<Target>& targets, Detail detail) const = 0;
    // One line a unit, for a fast `superctl status` and `list` of thousands.
    virtual wire::Summary summary(const std::vector<Target>& targets) const = 0;

    // All units and what they depend on; the targets are its roots.
    virtual wire::Graph graph(const std::vector<Target>& targets) const = 0;
    // Why each instance is as it is.
    virtual wire::Explanations why(const std::vector<Target>& targets) const = 0;

    // Whether all is well, in the sense of `probe`: of the targets, or, if there are none, of all
    // that the probe is about.
    virtual wire::Health health(core::Probe probe, const std::vector<Target>& targets) const = 0;

    // What the workers of the targets work on.
    virtual wire::Tasks tasks(const std::vector<Target>& targets) const = 0;

    // All threads of the targets' processes, measured over `sample`; 0: not measured. `told` is
    // called once, later. Returns a number for `abandon`.
    using ThreadsTold = std::function<void(wire::Threads)>;
    virtual std::uint64_t threads(const std::vector<Target>& targets,
                                  std::chrono::milliseconds sample, ThreadsTold told) = 0;

    // An operator's command is about to be carried out: to be told and remembered. No target:
    // it is for all.
    struct Commanded {
        std::string action;  // As the API's path names it: "stop".
        int signal = 0;      // Of the action signal.
        std::vector<Target> targets;
        uid_t uid = 0;  // Whose command.
    };
    virtual void commanded(const Commanded& command) = 0;

    // Begins `action` on each target. `done` is called once, when every target
    // has its outcome; at the latest when the supervisor ends. Returns a number for `abandon`.
    using Done = std::function<void(std::vector<TargetOutcome>)>;
    virtual std::uint64_t act(Action action, const std::vector<Target>& targets, Done done) = 0;
    // Gives what runs new processes, some instances of each unit after others, and starts what
    // does not. A group stands for all that it consists of.
    virtual std::uint64_t roll(const Rolling& rolling, const std::vector<Target>& targets,
                               Done done) = 0;
    // The caller does not wait any more; an action itself goes on. `done` is not called.
    virtual void abandon(std::uint64_t id) = 0;

    // Why none of this can be, as a sentence; empty: it can.
    virtual std::string refuse_scaling(const std::vector<Scaling>& scalings) const = 0;
    // As act, once nothing of it is refused: the outcome is known when what was added is
    // ready and what was removed is gone.
    virtual std::uint64_t scale(const std::vector<Scaling>& scalings, Done done) = 0;

    // Whether the units start by themselves, from now on and over restarts and reboots: all of
    // them, or none and an error.
    struct Enabled {
        std::string error;
        std::vector<std::pair<std::string, bool>> units;
    };
    virtual Enabled enable(const std::vector<Target>& targets, Enabling how) = 0;

    // Waits until every target is ready (or completed), or is stopped.
    // rolled: or its rolling restart is over; failed if that has failed.
    enum class Until { ready, stopped, rolled };
    virtual std::uint64_t wait(Until until, const std::vector<Target>& targets, Done done) = 0;

    // Sends a signal to the main process of each target (or to its whole tree). Empty: all were
    // sent.
    virtual std::string signal(const std::vector<Target>& targets, int number, bool tree) = 0;

    // superd's own processes.
    struct Part {
        std::string name;
        pid_t pid = 0;
        std::string version;  // Of the program it runs; empty: not known.
        std::string program;
        bool outdated = false;  // Another file has the program's path by now.
    };
    virtual std::vector<Part> parts() const = 0;
    // Has the programs that are installed by now take the place of those that run. Empty: it
    // begins in a moment; else why it cannot be, and nothing is changed.
    virtual std::string upgrade() = 0;

    // What the files on disk would change; mistakes in them are diagnostics.
    virtual wire::Plan plan() = 0;
    // reload: applies what needs no restart. apply: restarts what must be.
    virtual wire::Plan reload() = 0;
    // Units that must be restarted are restarted one batch of instances after another, if that
    // is wanted: `until` rolled waits for it.
    virtual wire::Plan apply(const std::optional<Rolling>& rolling) = 0;

    // The recorded events since a moment (CLOCK_REALTIME ns; 0: all kept), as lines of JSON.
    virtual std::string events_since(std::int64_t since_ns,
                                     const std::vector<Target>& targets) const = 0;
    virtual std::uint64_t subscribe(EventSink sink) = 0;
    virtual void unsubscribe(std::uint64_t id) = 0;

    // Hands the client's socket and its question to the logger. An error sentence, or empty.
    struct LogQuery {
        std::vector<Target> targets;
        std::uint32_t lines = 10;
        bool follow = false;
        bool json = false;
        std::string stream;
        std::int64_t since_ns = 0;
    };
    virtual std::string serve_logs(const LogQuery& query, os::Fd client) = 0;

    // May this user look (status, list, events, logs, plan)? May they change things?
    virtual bool may_read(uid_t uid, gid_t gid) const = 0;
    virtual bool may_change(uid_t uid) const = 0;
};

}  // namespace superd::supervisor
