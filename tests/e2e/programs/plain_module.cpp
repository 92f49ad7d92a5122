// A module of what superd/abi.h has, without the SDK: says what it has kept, and waits for its end.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <superd/abi.h>

namespace {

const char* kept = "nothing";

int preload(const superd_abi_host*) {
    std::printf("preloaded, ");  // Which no line ends: it is in a buffer when workers are forked.
    if (const char* const word = std::getenv("WORD")) kept = word;
    return 0;
}

// Waits until somebody opens the FIFO that a variable names, if it is set.
void meet_at(const char* variable) {
    if (const char* const path = std::getenv(variable)) ::close(::open(path, O_RDONLY | O_CLOEXEC));
}

int run(const superd_abi_host* host) {
    std::printf("kept %s\n", kept);
    meet_at("GATE");
    host->notify("READY=1", -1);
    meet_at("SAID");
    pollfd stop{host->stop_fd, POLLIN, 0};
    while (::poll(&stop, 1, -1) < 1) {}
    std::printf("the last words\n");
    return std::raise(SIGSEGV);
}

}  // namespace

extern "C" __attribute__((visibility("default")))
const superd_abi_module superd_module = {.size = sizeof(superd_abi_module),
                                         .abi = SUPERD_ABI,
                                         .name = "plain",
                                         .built_with = "",
                                         .models = SUPERD_PROCESSES,
                                         .page_version = 1,
                                         .preload = preload,
                                         .run = run};
