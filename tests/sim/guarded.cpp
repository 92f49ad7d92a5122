#include "tests/sim/guarded.hpp"

#include "tests/sim/world.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace superd::sim {
namespace {

constexpr unsigned seconds_a_case = 300;
constexpr std::uint64_t shifted_each = 50;

template <std::size_t Size>
void keep(char (&into)[Size], const std::string& text) {
    std::snprintf(into, Size, "%s", text.c_str());
}

std::string how_it_ended(int status) {
    if (WIFEXITED(status)) return "exit " + std::to_string(WEXITSTATUS(status));
    if (WTERMSIG(status) == SIGABRT) return "an assertion";
    if (WTERMSIG(status) == SIGALRM) return "it does not end";
    return core::signal_name(WTERMSIG(status));
}

}  // namespace

Outcome run_case(const Case& it, bool traced, std::uint32_t* step) {
    ::alarm(seconds_a_case);
    const Outcome outcome = World{it, traced, step}.run();
    if (!outcome.broken.empty() || traced || it.shifted || it.seed % shifted_each != 0) {
        return outcome;
    }
    Case shifted = it;
    shifted.shifted = true;
    Outcome again = World{shifted, false, step}.run();
    again.events += outcome.events;
    if (again.broken.empty() && again.digest != outcome.digest) {
        again.broken = "13 clocks may jump";
        again.text = "the same happens otherwise when the clock begins at another time";
    }
    return again;
}

pid_t begin_guarded(Progress*& progress, bool silent, const std::function<void(Progress&)>& work) {
    void* const page = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        std::perror("sim: cannot share memory");
        std::exit(1);
    }
    progress = new (page) Progress{};
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) {
        std::perror("sim: cannot fork");
        std::exit(1);
    }
    if (pid > 0) return pid;
    const rlimit none{};
    ::setrlimit(RLIMIT_CORE, &none);
    if (silent) {
        const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::dup2(null, STDERR_FILENO);
    }
    work(*progress);
    std::fflush(nullptr);
    ::_exit(0);
}

Outcome end_guarded(pid_t pid, Progress& progress) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    Outcome outcome;
    outcome.events = progress.events;
    outcome.step = progress.step;
    if (progress.failed) {
        outcome.broken = progress.broken;
        outcome.text = progress.text;
    } else if (status != 0) {
        outcome.broken = how_it_ended(status);
        outcome.text = "the process that runs the case is ended by it";
    }
    return outcome;
}

Outcome run_guarded(const Case& it, bool traced) {
    Progress* progress = nullptr;
    const pid_t pid = begin_guarded(progress, !traced, [&](Progress& its) {
        const Outcome outcome = run_case(it, traced, &its.step);
        its.events = outcome.events;
        its.failed = !outcome.broken.empty();
        keep(its.broken, outcome.broken);
        keep(its.text, outcome.text);
    });
    const Outcome outcome = end_guarded(pid, *progress);
    ::munmap(progress, sizeof(Progress));
    return outcome;
}

}  // namespace superd::sim
