// What superd and a template say to each other (units/protocol/README.md, "A template").
#pragma once

#include "core/instance.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::supervisor {

inline constexpr std::size_t template_message_max = 64 * 1024;

// The worker of this run is to be made.
struct ForkRequest {
    core::RunId run = 0;
    std::vector<std::string> environment;  // "NAME=value" of what differs from the template's.
    std::vector<std::string> descriptors;  // The names of those that come along, in order.
};
std::string serialize(const ForkRequest& request);

// What came from the template or from a worker that it made.
struct ForkAnswer {
    core::RunId run = 0;     // 0: the template is ready.
    std::string failed;      // Why there is no such worker; empty: it is there.
    bool permanent = false;  // Nor will there be.
    friend bool operator==(const ForkAnswer&, const ForkAnswer&) = default;
};
// Empty: it makes no sense.
std::optional<ForkAnswer> parse_fork_answer(std::string_view text);

}  // namespace superd::supervisor
