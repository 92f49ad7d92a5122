#include "logger/fifo_watch.hpp"

#include <sys/resource.h>
#include <sys/signalfd.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace superd::logger {
namespace {

// While the disk hangs nobody takes the signals, and each is kernel memory that
// counts for all processes of the user. The kernel sends SIGIO for those beyond.
constexpr rlim_t queued_max = 1'024;

int written_signal() { return SIGRTMIN; }

void bound_the_queue() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_SIGPENDING, &limit) != 0) return;
    limit.rlim_cur = std::min(limit.rlim_cur, queued_max);
    ::setrlimit(RLIMIT_SIGPENDING, &limit);
}

}  // namespace

Result<FifoWatch> FifoWatch::create() {
    bound_the_queue();
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, written_signal());
    ::sigaddset(&set, SIGIO);
    if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0)
        return fail_errno(error, "block signals");
    os::Fd signals{::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!signals) return fail_errno(errno, "make a signalfd");
    return FifoWatch{std::move(signals)};
}

int FifoWatch::begin(int fifo) {
    const int flags = ::fcntl(fifo, F_GETFL);
    if (flags < 0 || ::fcntl(fifo, F_SETOWN, ::getpid()) != 0 ||
        ::fcntl(fifo, F_SETSIG, written_signal()) != 0 ||
        ::fcntl(fifo, F_SETFL, flags | O_ASYNC) != 0)
        return errno;
    return 0;
}

void FifoWatch::end(int fifo) {
    const int flags = ::fcntl(fifo, F_GETFL);
    if (flags >= 0) ::fcntl(fifo, F_SETFL, flags & ~O_ASYNC);
}

bool FifoWatch::take(std::vector<int>& fifos) {
    std::array<signalfd_siginfo, 64> infos;
    bool all = true;
    for (;;) {
        const ssize_t got = ::read(signals_.get(), infos.data(), sizeof infos);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return all;
        const std::size_t count = static_cast<std::size_t>(got) / sizeof infos[0];
        for (std::size_t i = 0; i < count; ++i) {
            if (static_cast<int>(infos[i].ssi_signo) == SIGIO)
                all = false;
            else
                fifos.push_back(infos[i].ssi_fd);
        }
        if (count < infos.size()) return all;
    }
}

}  // namespace superd::logger
