// Talks to superd: one request, one answer, one connection.
#pragma once

#include "ctl/exit_code.hpp"

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superctl {

struct ClientRequest {
    std::string method = "GET";
    std::string target;
    std::string body;
    bool lines = false;  // Ask for lines as they come up (application/x-ndjson).
    // If the connection is lost, because superd's supervisor was replaced just
    // then, the request may be sent again without doing harm.
    bool repeatable = true;
    // What comes is printed as it does: once nobody reads standard output, the answer is complete.
    bool printed = false;
    // For the next bytes of the answer to arrive; empty: for ever.
    std::optional<std::chrono::milliseconds> patience = std::chrono::seconds{30};
    // For all of it, connecting included; empty: no bound but `patience`.
    std::optional<std::chrono::milliseconds> within;
};

struct ClientAnswer {
    unsigned status = 0;
    std::string body;
};

// Where superd is reached: at its control socket, or over D-Bus.
struct Destination {
    std::string path;  // Of the control socket.
    std::string bus;   // The D-Bus address; then the path means nothing.
};

class Client {
public:
    explicit Client(Destination destination) : destination_{std::move(destination)} {}

    // What arrives of a body that succeeds (status 200) is given to `take` as it does, if set;
    // it removes what it used. The rest is the answer's body.
    using Take = std::function<void(std::string& body)>;
    std::expected<ClientAnswer, Failure> exchange(const ClientRequest& request,
                                                  const Take& take = {}) const;

private:
    Destination destination_;
};

// "/v1/status?unit=web&unit=db*": `more` ("usage=true") goes before the units.
std::string target_with_units(std::string_view path, std::string_view more,
                              const std::vector<std::string>& units);

// A value as a part of a target.
std::string percent_encode(std::string_view text);

}  // namespace superctl
