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
    // For the next bytes of the answer to arrive; empty: for ever.
    std::optional<std::chrono::milliseconds> patience = std::chrono::seconds{30};
};

struct ClientAnswer {
    unsigned status = 0;
    std::string body;
};

class Client {
public:
    explicit Client(std::string socket_path) : path_{std::move(socket_path)} {}

    // What arrives of a body that succeeds (status 200) is given to `take` as it does, if set;
    // it removes what it used. The rest is the answer's body.
    using Take = std::function<void(std::string& body)>;
    std::expected<ClientAnswer, Failure> exchange(const ClientRequest& request,
                                                  const Take& take = {}) const;

private:
    std::string path_;
};

// "/v1/status?unit=web&unit=db*": `more` ("usage=true") goes before the units.
std::string target_with_units(std::string_view path, std::string_view more,
                              const std::vector<std::string>& units);

// A value as a part of a target.
std::string percent_encode(std::string_view text);

}  // namespace superctl
