// Serving clients that ask for lines, each in a thread of its own: reading files
// and writing to a client that is slow may take as long as they like.
#pragma once

#include "logger/drainer.hpp"
#include "logger/follower.hpp"
#include "logger/protocol.hpp"
#include "os/fd.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace superd::logger {

// See the head of this file. Its functions are the event loop thread's.
class Server {
public:
    Server(std::string log_directory, Drainer& drainer)
        : log_directory_{std::move(log_directory)}, drainer_{drainer} {}
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    // Cuts all clients off.
    ~Server();

    void serve(Serve request, os::Fd client);

private:
    struct Session {
        std::thread thread;
        os::Fd socket;  // A duplicate, to cut the client off.
        std::shared_ptr<Follower> follower;
        std::atomic<bool> done{false};
    };
    void run(Session& session, const Serve& request, os::Fd client);
    void remove_done();

    const std::string log_directory_;
    Drainer& drainer_;
    std::list<Session> sessions_;
};

}  // namespace superd::logger
