// The HTTP response to one client that asked for lines.
#pragma once

#include "os/fd.hpp"

#include <string>
#include <string_view>

namespace superd::logger {

// Writes a chunked HTTP/1.1 response to a blocking socket. Once a write has failed,
// or the client has taken nothing for some seconds, all further ones do nothing.
class Client {
public:
    explicit Client(os::Fd socket);

    // A response without lines: the request cannot be served.
    void refuse(std::string_view sentence);
    void begin(bool json);
    // Adds a line, and sends what has gathered if it is much.
    void add(std::string_view line);
    void flush();
    // The end of a complete response.
    void finish();

    // False once a write has failed.
    bool alive() const { return !broken_; }
    // The same, and looks whether the client has gone away.
    bool connected();

private:
    void send(std::string_view bytes);

    os::Fd socket_;
    std::string chunk_;
    bool broken_ = false;
};

}  // namespace superd::logger
