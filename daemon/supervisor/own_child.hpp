// A program that the supervisor runs for itself: a probe, a hook. It leads a
// session of its own, dies with the supervisor, and what it leaves behind in its
// process group is killed when it ends.
#pragma once

#include "core/instance.hpp"
#include "os/spawn.hpp"

#include <sys/types.h>

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

class OwnChild : public std::enable_shared_from_this<OwnChild> {
public:
    // Called once, never before start() has returned.
    using Ended = std::function<void(const core::ExitStatus&)>;

    // Or why not: `cannot start: exec "/bin/no": No such file or directory`.
    static std::expected<std::shared_ptr<OwnChild>, std::string> start(
        const boost::asio::any_io_executor& executor, os::SpawnPlan plan, Ended ended);

    OwnChild(const boost::asio::any_io_executor& executor, pid_t pid);

    pid_t pid() const { return pid_; }
    // `Ended` follows, as after any other end. Unreaped, the group's number is its own.
    void kill_group() const;

private:
    void wait(Ended ended);
    bool runs() const;
    core::ExitStatus reap();

    pid_t pid_;
    boost::asio::posix::stream_descriptor pidfd_;
};

}  // namespace superd::supervisor
