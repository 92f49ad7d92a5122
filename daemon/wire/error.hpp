// The body of every answer that is a refusal:
// {"error":{"kind":"not-found","message":"…","hint":"…"}}.
#pragma once

#include <string>
#include <string_view>

namespace superd::wire {

struct ErrorBody {
    std::string kind;     // For programs: "not-found", "forbidden", "bad-request", …
    std::string message;  // For people: a sentence.
    std::string hint;     // What to do next; may be empty.
};

std::string serialize(const ErrorBody& error);

// Throws boost::system::system_error on what is not of the shape.
ErrorBody parse_error(std::string_view text);

}  // namespace superd::wire
