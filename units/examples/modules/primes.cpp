// A queue of work for the processor, on processes: one job a connection, "FROM TO\n", answered with
// how many primes lie in that range. As many workers as cores make use of all of them; a job that
// crashes its worker costs that job alone. What was found is kept in memory that outlives the
// worker.
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <superd/service.hpp>

namespace {

bool is_prime(std::uint64_t number) {
    if (number < 2) return false;
    for (std::uint64_t divisor = 2; divisor * divisor <= number; ++divisor)
        if (number % divisor == 0) return false;
    return true;
}

class Primes {
public:
    explicit Primes(superd::Context& context)
        : context_{context},
          limit_{context.config().get<std::uint64_t>("limit", 10'000'000)},
          jobs_{context.metrics().counter("jobs")},
          known_{reinterpret_cast<Known*>(context.shared("known", sizeof(Known)).data())} {
        if (limit_ == 0) throw superd::config_error{"config.limit must be at least 1"};
    }

    int run(superd::Context& context) {
        while (auto job = context.accept()) {
            try {
                serve(*job);
            } catch (const std::system_error& failure) {
                context.log().info("a client is gone: ", failure.what());
            }
        }
        return 0;
    }

private:
    // The last range and its answer. `valid` is written last: a crash in between leaves it as
    // nothing.
    struct Known {
        std::uint64_t from, to, count;
        std::uint32_t valid;
    };

    void serve(superd::Socket& socket) {
        char line[64];
        std::size_t size = 0;
        while (size < sizeof line && !std::memchr(line, '\n', size)) {
            const auto count = socket.read_some({line + size, sizeof line - size});
            if (count == 0) return;
            size += count;
        }
        std::uint64_t from = 0, to = 0;
        const char* end = line + size;
        const auto first = std::from_chars(line, end, from);
        const auto second = std::from_chars(first.ptr == end ? end : first.ptr + 1, end, to);
        if (first.ec != std::errc{} || second.ec != std::errc{} || to < from || to - from > limit_)
            return socket.write("error: say FROM TO, at most " + std::to_string(limit_) +
                                " apart\n");
        const auto busy = context_.slot().busy({line, static_cast<std::size_t>(second.ptr - line)});
        socket.write(std::to_string(count_primes(from, to)) + "\n");
        jobs_.add();
    }

    std::uint64_t count_primes(std::uint64_t from, std::uint64_t to) {
        if (known_->valid && known_->from == from && known_->to == to) return known_->count;
        std::uint64_t count = 0;
        for (std::uint64_t number = from; number <= to; ++number) {
            count += is_prime(number);
            // Long jobs are no stalls as long as they get on.
            if (number % 1024 == 0) context_.heartbeat();
        }
        known_->valid = 0;
        known_->from = from;
        known_->to = to;
        known_->count = count;
        known_->valid = 1;
        return count;
    }

    superd::Context& context_;
    std::uint64_t limit_;
    superd::Counter jobs_;
    Known* known_;
};

}  // namespace

SUPERD_SERVICE(Primes)
