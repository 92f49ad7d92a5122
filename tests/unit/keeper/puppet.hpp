// What a test and its puppet say to each other. The puppet is started by the
// real superd as its supervisor or logger and does what the test tells it.
#pragma once

#include "keeper/protocol.hpp"

#include <cstdint>

namespace superd::test {

// Names the socket, in superd's environment, that the puppets connect to.
inline constexpr const char* puppet_socket_variable = "SUPERD_TEST_PUPPETS";

// A puppet introduces itself with the words of its command line, each ended by
// a NUL, and then answers each of these with one.
struct Order {
    enum class Verb : std::uint32_t {
        say,          // Send `message`, and the descriptors that come with this, over the link.
        hear,         // Receive from the link; the answer has the message and its descriptors.
        start,        // Start `sh -c script` as a child of the keeper; the answer's pid is its.
        close_link,   // Close the link but live on.
        ignore_stop,  // Ignore SIGTERM.
        end,          // Exit with status `message.value`; no answer.
    };
    Verb verb{};
    std::uint32_t failed = 0;  // In an answer: it could not be done.
    std::int32_t pid = 0;
    keeper::Message message{};
    char script[1024] = {};
};

}  // namespace superd::test
