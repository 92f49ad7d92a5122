// bench_creation ROUNDS: what it costs to begin something, to have it end at once, and to know
// that.
#include "bench_context.hpp"
#include "samples.hpp"

#include <sys/wait.h>

#include <spawn.h>
#include <unistd.h>

#include <cstdlib>

namespace {

constexpr int processes = 20, threads = 100, coroutines = 10'000, batch = 100;

void await(pid_t pid) {
    int status = 0;
    if (pid < 0 || ::waitpid(pid, &status, 0) != pid || status != 0) std::abort();
}

void fork_one() {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    await(pid);
}

void execute_one() {
    pid_t pid = -1;
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    char* const environment[] = {nullptr};
    if (::posix_spawn(&pid, name, nullptr, nullptr, arguments, environment) != 0) std::abort();
    await(pid);
}

superd::asio::awaitable<void> nothing() { co_return; }

template <class Work>
std::function<void()> repeat(int count, Work work) {
    return [count, work] {
        for (int i = 0; i < count; ++i) work();
    };
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Host of_threads{SUPERD_THREADS}, of_coroutines{SUPERD_COROUTINES};
    superd::Context threaded{of_threads.abi()}, awaiting{of_coroutines.abi()};
    superd::detail::Loop loop{awaiting};
    auto& running = threaded.running();

    const auto listed_thread = [&] {
        running.start("job", superd::detail::Job{[](superd::Slot&) {}}, {});
        running.join(std::chrono::steady_clock::time_point::max());
    };
    const auto some_coroutines = [&] {
        for (int i = 0; i < batch; ++i) loop.spawn("job", [] { return nothing(); });
        loop.io().restart();
        loop.io().run();
    };
    const std::vector<bench::Way> ways{
        {"fork", processes, repeat(processes, fork_one)},
        {"exec", processes, repeat(processes, execute_one)},
        {"thread", threads, repeat(threads, [] { std::thread{[] {}}.join(); })},
        {"listed thread", threads, repeat(threads, listed_thread)},
        {"listed coroutine", coroutines, repeat(coroutines / batch, some_coroutines),
         CLOCK_THREAD_CPUTIME_ID},
    };
    bench::measure(ways, argc > 1 ? std::atoi(argv[1]) : 11);
}
