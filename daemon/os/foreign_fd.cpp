#include "os/foreign_fd.hpp"

#include "os/linger.hpp"

#include <sys/stat.h>

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <memory>

namespace superd::os {
namespace {

using Fds = std::vector<Fd>;

constexpr std::size_t stack_bytes = 256 * 1024;
// Threads that may wait at once: each is a task of superd's, of which there is a limit, too.
constexpr int closing_max = 256;

// How many threads wait is a fact about the process, and they outlive whoever asked for them.
std::atomic<int>& closing() {
    static constinit std::atomic<int> count{0};
    return count;
}

void* close_all(void* given) {
    delete static_cast<Fds*>(given);
    closing().fetch_sub(1);
    return nullptr;
}

// Signals are for the thread that reads them: this one blocks all of them from its beginning.
bool start_thread(Fds* fds) {
    pthread_attr_t attributes;
    if (::pthread_attr_init(&attributes) != 0) return false;
    ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    ::pthread_attr_setstacksize(&attributes, stack_bytes);
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread{};
    const bool made = ::pthread_create(&thread, &attributes, close_all, fds) == 0;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_attr_destroy(&attributes);
    return made;
}

void close_elsewhere(Fds fds) {
    if (closing().fetch_add(1) < closing_max) {
        auto given = std::make_unique<Fds>(std::move(fds));
        if (start_thread(given.get())) {
            static_cast<void>(given.release());
            return;
        }
    }
    closing().fetch_sub(1);
}

bool is_pipe(const Fd& fd) {
    struct stat status{};
    return ::fstat(fd.get(), &status) == 0 && S_ISFIFO(status.st_mode);
}

}  // namespace

void close_foreign(Fds fds) {
    std::erase_if(fds, [](Fd& fd) {
        if (!fd) return true;
        // By the time of its close its owner may have set it again: a thread does that all the
        // same.
        stop_lingering(fd.get());
        return is_pipe(fd);
    });
    if (!fds.empty()) close_elsewhere(std::move(fds));
}

void close_foreign(Fd fd) {
    Fds one;
    one.push_back(std::move(fd));
    close_foreign(std::move(one));
}

}  // namespace superd::os
