// The supervisor's end of the connection to the keeper (keeper/protocol.hpp).
#pragma once

#include "keeper/protocol.hpp"
#include "os/fd.hpp"

#include <sys/types.h>

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

class KeeperLink {
public:
    using Descriptors = std::array<os::Fd, keeper::descriptors_max>;
    struct Inbound {
        keeper::Message message;
        Descriptors descriptors;
    };

    KeeperLink(const boost::asio::any_io_executor& executor, os::Fd link);

    // The next message, if one is there.
    std::optional<Inbound> receive();
    // Waits for a message of that kind; others stay in line. Empty: the keeper is gone.
    std::optional<Inbound> await(keeper::Kind kind);
    // Takes in the names of what is held, until the list ends. False: the keeper is gone.
    bool await_list(std::set<std::string>& names);
    // True when a message is there, or comes within `patience`.
    bool readable(std::chrono::microseconds patience);
    // Calls back once, as soon as something may be received.
    void notify(std::function<void()> callback);
    // The keeper is gone.
    bool closed() const { return closed_; }

    void hello();
    // That exit and those told before it, `count` in all.
    void acknowledge(pid_t last, std::size_t count);
    // The keeper keeps duplicates of `fds` under `name`.
    void hold(const std::string& name, std::span<const int> fds);
    void release(const std::string& name);
    // What is held under `name`; empty descriptors if nothing is.
    Descriptors fetch(const std::string& name);
    // Another beat will come within that time, or we are hung.
    void beat(std::chrono::milliseconds within);
    void finished(int exit_code);
    // As finished, but the services run on.
    void finished_alone();
    // For the service manager: what superd is doing, a line for people, and how long a stop may
    // take.
    void condition(keeper::Phase phase, std::string_view text, std::chrono::milliseconds stop = {});
    // Whether the program that is installed by now could go on from here; else why not is in a
    // descriptor that comes along. Empty: the keeper is gone. Then: do it.
    std::optional<Inbound> check_upgrade(int records_version);
    void upgrade();

private:
    void send(const keeper::Message& message, std::span<const int> fds = {});
    std::optional<Inbound> read();

    boost::asio::posix::stream_descriptor socket_;
    std::deque<Inbound> line_;  // Read already, not yet given out.
    bool closed_ = false;
};

}  // namespace superd::supervisor
