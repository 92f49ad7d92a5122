// The sockets that a worker is given, or opens itself when it runs without superd.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace superd::worker {

// Owned by the worker for its life; a listener is closed by the loop that drains.
struct Passed {
    std::string name;
    int fd;
};

// What LISTEN_FDS passes to this process, as sd_listen_fds(3) has it; close-on-exec from now on.
std::vector<Passed> passed_descriptors();

// Opens a socket as an address says: "tcp://127.0.0.1:8080", "udp://[::1]:53",
// "unix:/run/shop.sock". Each worker of several may open the same TCP or UDP port: the kernel
// spreads connections over them.
Result<os::Fd> open_listener(std::string_view address);

// Whether connections are accepted from it.
bool accepts(int fd);

// So that a thread is never stuck in accept(2), and answers leave at once: connections inherit it.
void prepare_listener(int fd);

}  // namespace superd::worker
