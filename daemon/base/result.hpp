// How a failure that its caller is expected to handle is told.
#pragma once

#include <expected>
#include <string>
#include <system_error>
#include <utility>

namespace superd {

// A failure the caller is expected to handle. `what` completes the sentence
// "cannot ..." and names the object: "open /etc/superd/web.toml".
struct Error {
    std::error_code code;
    std::string what;

    std::string message() const { return "cannot " + what + ": " + code.message(); }
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::errc code, std::string what) {
    return std::unexpected{Error{std::make_error_code(code), std::move(what)}};
}

// Save errno in a local before the call: arguments are evaluated in any order,
// and building `what` may allocate.
inline std::unexpected<Error> fail_errno(int saved_errno, std::string what) {
    return std::unexpected{Error{{saved_errno, std::system_category()}, std::move(what)}};
}

}  // namespace superd
