// bench_sdk: what the SDK adds to a coroutine (spawn() beside Asio's co_spawn) and what a sign of
// life costs. Rounds of the two alternate; the medians are given.
#include <sys/eventfd.h>

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <superd/service.hpp>
#include <vector>

namespace {

namespace asio = superd::asio;

constexpr int rounds = 101, batch = 100, batches = 100;

volatile std::int64_t stop_ns = 0;
superd_abi_thread this_thread{};

// A worker that is none: just what a Context asks for.
superd_abi_host host_for(superd::protocol::Page& page) {
    static const superd_abi_value config{.type = SUPERD_TABLE};
    superd_abi_host host{};
    host.size = sizeof host;
    host.abi = SUPERD_ABI;
    host.unit = "bench";
    host.reason = "start";
    host.model = SUPERD_COROUTINES;
    host.count = host.generation = host.threads = 1;
    host.config = &config;
    host.page = &page;
    host.page_size = superd::protocol::page_size;
    host.page_version = superd::protocol::page_version;
    host.stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    host.reload_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    host.stop_ns = &stop_ns;
    host.notify = [](const char*, int) { return 0; };
    host.log = [](int, const char*, std::size_t) {};
    host.enter_thread = [](std::uint32_t) { return &this_thread; };
    host.leave_thread = [] {};
    return host;
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    return values[values.size() / 2];
}

// What this thread has computed: others that run meanwhile do not count.
double computed_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Nanoseconds that one of `count` takes.
template <class Work>
double timed(int count, Work work) {
    const double begin = computed_ns();
    work();
    return (computed_ns() - begin) / count;
}

asio::awaitable<void> nothing() { co_return; }

struct Seen {
    int* ended;
    void operator()(std::exception_ptr) const noexcept { ++*ended; }
};

}  // namespace

int main() {
    const auto page = std::make_unique<superd::protocol::Page>();
    const auto host = host_for(*page);
    superd::Context context{host};
    superd::detail::Loop loop{context};
    auto& io = loop.io();

    int ended = 0;
    std::vector<double> plain, spawned, beats, busies;
    for (int round = 0; round < rounds; ++round) {
        plain.push_back(timed(batch * batches, [&] {
            for (int i = 0; i < batches; ++i) {
                for (int n = 0; n < batch; ++n)
                    asio::co_spawn(io.get_executor(), [] { return nothing(); }, Seen{&ended});
                io.restart();
                io.run();
            }
        }));
        spawned.push_back(timed(batch * batches, [&] {
            for (int i = 0; i < batches; ++i) {
                for (int n = 0; n < batch; ++n) loop.spawn("session", [] { return nothing(); });
                io.restart();
                io.run();
            }
        }));
        auto& slot = context.slot();
        beats.push_back(timed(batch * batches, [&] {
            for (int i = 0; i < batch * batches; ++i) slot.beat();
        }));
        busies.push_back(timed(batch * batches, [&] {
            for (int i = 0; i < batch * batches; ++i) const auto busy = slot.busy("GET /orders");
        }));
    }
    std::printf("| what | ns |\n| --- | --- |\n");
    std::printf("| co_spawn of a coroutine that ends at once | %.0f |\n", median(plain));
    std::printf("| the same by spawn(), named and listed | %.0f (%.2f ×) |\n", median(spawned),
                median(spawned) / median(plain));
    std::printf("| beat() | %.0f |\n", median(beats));
    std::printf("| busy(), with the task's name, and its end | %.0f |\n", median(busies));
}
