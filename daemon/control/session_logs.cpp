// Hands a client that wants log lines to the logger, which has them.
#include "control/session.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

namespace superd::control {

namespace asio = boost::asio;

namespace {

Refusal sent_ahead() {
    return {400,
            {"bad-request", "cannot read more requests on a connection that asks for logs",
             "send the request for logs last, and wait for its answer"},
            {}};
}

Refusal no_logger(const std::string& cause) {
    return {503, {"no-logger", cause, "try again in a moment"}, {}};
}

Response serve_logs(const LogsCall& call, Targets targets, supervisor::Operations& operations,
                    os::Fd client) {
    supervisor::Operations::LogQuery query;
    query.targets = std::move(targets);
    query.lines = call.lines;
    query.follow = call.follow;
    query.json = call.json;
    query.stream = call.stream;
    query.since_ns = call.since ? resolve(*call.since) : 0;
    try {
        const auto error = operations.serve_logs(query, std::move(client));
        return error.empty() ? Response{} : to_response(no_logger(error));
    } catch (const std::exception& error) {
        return to_response(no_logger("cannot read the logs: " + std::string{error.what()}));
    }
}

}  // namespace

asio::awaitable<bool> Session::hand_to_logger(const LogsCall& call, bool keep_alive) {
    auto targets = select(call.units, *hub_->operations());
    Response response;
    if (!targets) {
        response = to_response(targets.error());
    } else if (!buffer_.empty()) {
        // The logger would not see what we have already read.
        response = to_response(sent_ahead());
        keep_alive = false;
    } else {
        // Released and not only duplicated: Asio must forget the socket before
        // another process reads from it. Kept until the logger has it, for
        // the answer to the client otherwise.
        os::Fd ours{socket_.release()};
        os::Fd theirs{::fcntl(ours.get(), F_DUPFD_CLOEXEC, 3)};
        const int error = errno;
        if (theirs) {
            response =
                serve_logs(call, std::move(*targets), *hub_->operations(), std::move(theirs));
        } else {
            response = to_response(no_logger("cannot hand the connection to the logger: " +
                                             std::string{std::strerror(error)}));
        }
        if (response.status == 200) co_return false;
        socket_.assign(asio::local::stream_protocol{}, ours.release());
    }
    co_return co_await respond(std::move(response), keep_alive);
}

}  // namespace superd::control
