// bench_sdk ROUNDS: what the SDK adds to a coroutine (spawn() beside Asio's co_spawn) and what a
// sign of life costs.
#include "bench_context.hpp"
#include "samples.hpp"

#include <cstdlib>

namespace {

namespace asio = superd::asio;

constexpr int batch = 100, batches = 100;

asio::awaitable<void> nothing() { co_return; }

struct Seen {
    int* ended;
    void operator()(std::exception_ptr) const noexcept { ++*ended; }
};

// Begins `batch` coroutines by `begin` and runs them, `batches` times.
template <class Begin>
void run_batches(asio::io_context& io, Begin begin) {
    for (int i = 0; i < batches; ++i) {
        for (int n = 0; n < batch; ++n) begin();
        io.restart();
        io.run();
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Host host{SUPERD_COROUTINES};
    superd::Context context{host.abi()};
    superd::detail::Loop loop{context};
    auto& io = loop.io();
    auto& slot = context.slot();
    int ended = 0;
    constexpr int count = batch * batches;
    const std::vector<bench::Way> ways{
        {"co_spawn", count,
         [&] {
             run_batches(io, [&] {
                 asio::co_spawn(io.get_executor(), [] { return nothing(); }, Seen{&ended});
             });
         },
         CLOCK_THREAD_CPUTIME_ID},
        {"spawn", count,
         [&] { run_batches(io, [&] { loop.spawn("session", [] { return nothing(); }); }); },
         CLOCK_THREAD_CPUTIME_ID},
        {"beat", count,
         [&] {
             for (int i = 0; i < count; ++i) slot.beat();
         },
         CLOCK_THREAD_CPUTIME_ID},
        {"busy", count,
         [&] {
             for (int i = 0; i < count; ++i) const auto busy = slot.busy("GET /orders");
         },
         CLOCK_THREAD_CPUTIME_ID},
    };
    bench::measure(ways, argc > 1 ? std::atoi(argv[1]) : 101);
}
