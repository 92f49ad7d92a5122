// One client's connection: reads requests, answers them, one after the other.
#pragma once

#include "control/answer.hpp"
#include "control/hub.hpp"
#include "control/pending.hpp"
#include "control/request.hpp"
#include "control/response.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::control {

// Its coroutine owns it. Timers and operations know it weakly: what they tell
// comes too late, or not at all, when the client is gone.
class Session : public std::enable_shared_from_this<Session> {
public:
    using Socket = boost::asio::local::stream_protocol::socket;

    Session(Socket socket, Peer peer, std::shared_ptr<Hub> hub);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Serves a client from here on.
    static void launch(Socket socket, Peer peer, std::shared_ptr<Hub> hub);

    // Runs until the client closes, is idle, misbehaves, or stop() is called.
    static boost::asio::awaitable<void> serve(std::shared_ptr<Session> self);
    void stop();

private:
    using Duration = std::chrono::milliseconds;

    // What came of waiting for a request.
    struct Arrival {
        std::optional<Request> request;
        std::optional<Refusal> refusal;
        bool closed() const { return !request && !refusal; }
    };

    // Each of these is true if the connection is good for another request.
    boost::asio::awaitable<bool> handle(Request request);
    boost::asio::awaitable<Verdict> permitted(Verdict routed);
    boost::asio::awaitable<bool> respond(Response response, bool keep_alive);
    boost::asio::awaitable<bool> run_pending(const Request& request);
    boost::asio::awaitable<bool> send_lines(const Request& request);
    boost::asio::awaitable<bool> finish_pending(const Request& request);
    boost::asio::awaitable<bool> hand_to_logger(const LogsCall& call, bool keep_alive);

    boost::asio::awaitable<void> read_request(Arrival& arrival);
    boost::asio::awaitable<bool> write(const std::string& bytes);

    std::optional<Response> begin(const Call& call, const Request& request);
    std::optional<Response> begin_errand(const Call& call, bool streams);
    std::optional<Response> begin_events(const EventsCall& call);
    void subscribe();
    void take_event(const std::string& line);
    void drop_pending();

    Duration idle_patience() const;
    void arm(Duration patience);
    void disarm();
    void watch_client();
    void unwatch_client();
    void client_readable();
    void wake();

    Socket socket_;
    boost::asio::steady_timer deadline_;  // Of what the client has to do.
    boost::asio::steady_timer wake_;  // Cancelled when something happened to what is waited for.
    Peer peer_;
    std::shared_ptr<Hub> hub_;
    Standing standing_;   // When it came: whose place it has.
    std::string buffer_;  // Received, not yet a request.
    std::array<char, 4096> chunk_;
    std::optional<Verdict> verdict_;  // Of whoever was asked whether the peer may.
    std::optional<Pending> pending_;
    std::uint32_t watch_ = 0;  // Generation of the watch on the client; 0: none.
    std::uint32_t watches_ = 0;
    bool hung_up_ = false;
    bool expired_ = false;
    bool stopped_ = false;
};

}  // namespace superd::control
