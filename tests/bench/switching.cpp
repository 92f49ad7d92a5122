// bench_switching ROUNDS: what it costs to go from one process, thread or coroutine to another and
// that it goes on; one direction. On one processor, and between two if there are two.
#include "bench_context.hpp"
#include "samples.hpp"

#include <sys/wait.h>

#include <sched.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <semaphore>

#include <boost/asio/post.hpp>

namespace {

namespace asio = superd::asio;

constexpr int turns = 2'000, hops = 100'000;

std::vector<int> usable_processors() {
    cpu_set_t set;
    ::sched_getaffinity(0, sizeof set, &set);
    std::vector<int> found;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set)) found.push_back(cpu);
    return found;
}

void stay_on(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ::sched_setaffinity(0, sizeof set, &set);  // The calling thread alone.
}

void pass(int from, int to) {
    char token = 0;
    if (::read(from, &token, 1) != 1 || ::write(to, &token, 1) != 1) std::abort();
}

void between_processes(int here, int there) {
    std::array<int, 2> ping{}, pong{};
    if (::pipe(ping.data()) != 0 || ::pipe(pong.data()) != 0) std::abort();
    const pid_t pid = ::fork();
    if (pid == 0) {
        stay_on(there);
        for (int i = 0; i < turns; ++i) pass(ping[0], pong[1]);
        ::_exit(0);
    }
    stay_on(here);
    char token = 0;
    for (int i = 0; i < turns; ++i)
        if (::write(ping[1], &token, 1) != 1 || ::read(pong[0], &token, 1) != 1) std::abort();
    ::waitpid(pid, nullptr, 0);
    for (const int fd : {ping[0], ping[1], pong[0], pong[1]}) ::close(fd);
}

void between_threads(int here, int there) {
    std::binary_semaphore ping{0}, pong{0};
    std::thread other{[&] {
        stay_on(there);
        for (int i = 0; i < turns; ++i) {
            ping.acquire();
            pong.release();
        }
    }};
    stay_on(here);
    for (int i = 0; i < turns; ++i) {
        ping.release();
        pong.acquire();
    }
    other.join();
}

superd::Awaitable<> hop(superd::Executor executor) {
    constexpr asio::use_awaitable_t<superd::Executor> use;
    for (int i = 0; i < hops / 2; ++i) co_await asio::post(executor, use);
}

void between_coroutines(superd::detail::Loop& loop) {
    for (int i = 0; i < 2; ++i) loop.spawn("hop", [&loop] { return hop(loop.executor()); });
    loop.io().restart();
    loop.io().run();
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Host host{SUPERD_COROUTINES};
    superd::Context context{host.abi()};
    superd::detail::Loop loop{context};
    const auto processors = usable_processors();
    const int one = processors.front(), other = processors.back();
    std::vector<bench::Way> ways{
        {"process", 2 * turns, [=] { between_processes(one, one); }},
        {"thread", 2 * turns, [=] { between_threads(one, one); }},
        {"coroutine", hops, [&] { between_coroutines(loop); }, CLOCK_THREAD_CPUTIME_ID},
    };
    if (one != other) {
        ways.push_back(
            {"process, other processor", 2 * turns, [=] { between_processes(one, other); }});
        ways.push_back(
            {"thread, other processor", 2 * turns, [=] { between_threads(one, other); }});
    }
    bench::measure(ways, argc > 1 ? std::atoi(argv[1]) : 11);
}
