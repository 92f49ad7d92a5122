// The output of runs: their FIFOs, and where each is on its way through the
// logger: opened, drained after the exit, closed when nothing of the run lives.
#pragma once

#include "base/result.hpp"
#include "core/instance.hpp"
#include "logger/protocol.hpp"
#include "os/fd.hpp"
#include "supervisor/keeper_link.hpp"
#include "supervisor/logger_link.hpp"

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

class RunLogs {
public:
    // Completes the message for a run of this instance: unit, policy, pattern.
    using Describe = std::function<logger::Open(core::InstanceId)>;
    // There is more urgent work than the last lines of the dead.
    using Busy = std::function<bool()>;

    RunLogs(const boost::asio::any_io_executor& executor, std::string runtime_directory,
            KeeperLink& keeper, LoggerLink& logger, Describe describe, Busy busy);

    struct Fifos {
        os::Fd out, err;
    };
    // Makes (or opens) the FIFOs of a run; the keeper holds them from then on.
    Result<Fifos> create(core::RunId run, uid_t owner, gid_t group);
    // The run was never spawned.
    void discard(core::RunId run);

    // The run's process exists. With a label it is another of the instance than its own.
    void open(core::RunId run, core::InstanceId instance, pid_t pid, std::string_view label = {});
    // Its main process has ended. The logger is told by settle(), or, when many
    // end, as soon as none ends or starts for a moment; it answers Tail.
    void drain(core::RunId run);
    void settle();
    // Nothing of it lives.
    void close(core::RunId run);
    // The logger's answer to that.
    void closed(core::RunId run);
    // A run of which nobody knows any more whose it was.
    void retire(core::RunId run);
    // The instance's runs, the one in place and the one beside it, change places.
    void swap(core::InstanceId instance);
    // The instance will not be known any more.
    void forget(core::InstanceId instance);
    // Its definition has changed.
    void refresh(core::InstanceId instance);

    // A line of superd's own among those that the run writes to its standard error. It is not said
    // when nobody has read these for long.
    void say(core::RunId run, std::string_view text) const;

    // To a logger that knows nothing.
    void say_again();

    // Whose run this is; empty if it is not known.
    const core::InstanceId* find(core::RunId run) const;
    // It is the output of a hook, or of a template.
    bool is_labelled(core::RunId run) const;
    bool idle() const { return runs_.empty(); }
    // Nobody that has ended is waited for, that is, for its last lines.
    bool settled() const;

    // What the run started as, as its FIFOs tell when nothing else of it is known any more; without
    // them, superd's own user.
    uid_t user(core::RunId run) const;

    // Runs with FIFOs in the runtime directory, whoever made them.
    std::vector<core::RunId> leftovers() const;

private:
    enum class Phase : unsigned char { open, draining, closing };
    struct Entry {
        core::InstanceId instance;  // Of no unit: retired.
        pid_t pid = 0;
        Phase phase = Phase::open;
        std::string label;                        // Whose output it is; empty: the run's own.
        bool owed = false;                        // Its phase is still to be told.
        std::unique_ptr<logger::Open> last_word;  // Of an instance that is forgotten.
    };
    std::string path(core::RunId run, const char* stream) const;
    void send_open(core::RunId run, const Entry& entry);
    void send_phase(core::RunId run, const Entry& entry);
    void remove(core::RunId run);
    void pay_later();
    void pay();

    std::string directory_;
    KeeperLink& keeper_;
    LoggerLink& logger_;
    Describe describe_;
    Busy busy_;
    std::unordered_map<core::RunId, Entry> runs_;
    std::vector<core::RunId> owed_;
    boost::asio::steady_timer calm_;
    int postponed_ = 0;
};

}  // namespace superd::supervisor
