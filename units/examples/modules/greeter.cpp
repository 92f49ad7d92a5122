// A greeting over HTTP, in all three models from one class: which one runs is the unit's word
// alone.
//
//   GET /            the greeting
//   GET /slow?ms=50  the same after a while
//   GET /hash?n=1000 some work for the processor
//   GET /block?ms=50 the greeting after a pause that holds the whole thread, and in the coroutine
//                    model everybody else's requests: what superd's watchdog is for
//   GET /who         which worker answers
//   POST /echo       the body
//   GET /crash       a null pointer, to see what a crash costs
#include <charconv>
#include <cstdint>
#include <superd/http.hpp>
#include <thread>

namespace asio = superd::asio;
namespace http = superd::http;

namespace {

unsigned number(std::string_view query, std::string_view name, unsigned otherwise) {
    if (!query.starts_with(name) || query.size() <= name.size()) return otherwise;
    unsigned value = otherwise;
    std::from_chars(query.data() + name.size() + 1, query.data() + query.size(), value);
    return value;
}

// FNV-1a, again and again.
std::uint64_t work(unsigned rounds) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (unsigned round = 0; round < rounds; ++round)
        for (unsigned byte = 0; byte < 1000; ++byte) hash = (hash ^ (byte & 0xff)) * 0x100000001b3;
    return hash;
}

// A store to where no memory is, hidden from the compiler, and from sanitizers, which would end the
// process with a report of their own in place of the signal.
#if defined(__clang__)
__attribute__((noinline, no_sanitize("address", "undefined")))
#else
__attribute__((noinline, no_sanitize_address, no_sanitize_undefined))
#endif
void crash() {
    const volatile std::uintptr_t nowhere = 0;
    *reinterpret_cast<volatile int*>(nowhere) = 1;
}

class Greeter {
public:
    explicit Greeter(superd::Context& context)
        : context_{context},
          greeting_{context.config().get("greeting", "hello, world") + "\n"},
          requests_{context.metrics().counter("requests")} {}

    bool reload(const superd::Config& config) {
        greeting_ = config.get("greeting", "hello, world") + "\n";
        return true;
    }

    // model = "processes": one connection at a time, so none may be kept while others wait.
    int run(superd::Context& context) {
        const http::Options options{.keep_alive = false};
        while (auto socket = context.accept()) serve(context.slot(), *socket, options);
        return 0;
    }

    // model = "threads"
    void connection(superd::Context&, superd::Slot& me, superd::Socket socket) {
        serve(me, socket, {});
    }

    // model = "coroutines"
    superd::Awaitable<> connection(superd::Context& context, superd::TcpSocket socket) {
        return http::serve(context, std::move(socket),
                           [this](const http::Request& request, http::Response& response) {
                               return answer_or_later(request, response);
                           });
    }

private:
    void serve(superd::Slot& slot, superd::Socket& socket, const http::Options& options) {
        try {
            http::serve(
                context_, slot, socket,
                [this](const http::Request& request, http::Response& response) {
                    if (request.path() == "/slow") std::this_thread::sleep_for(pause(request));
                    answer(request, response);
                },
                options);
        } catch (const std::system_error& gone) {
            context_.log().debug(gone.what());
        }
    }

    std::optional<superd::Awaitable<>> answer_or_later(const http::Request& request,
                                                       http::Response& response) {
        if (request.path() == "/slow") return answer_later(request, response);
        answer(request, response);
        return std::nullopt;
    }

    superd::Awaitable<> answer_later(const http::Request& request, http::Response& response) {
        const auto time = pause(request);
        co_await superd::wait<superd::Executor>(context_, time);
        answer(request, response);
    }

    static std::chrono::milliseconds pause(const http::Request& request) {
        return std::chrono::milliseconds{number(request.query(), "ms", 50)};
    }

    void answer(const http::Request& request, http::Response& response) {
        requests_.add();
        const auto path = request.path();
        if (path == "/" || path == "/slow") {
            response.body(greeting_);
        } else if (path == "/hash") {
            response.body(std::to_string(work(number(request.query(), "n", 1000))) + "\n");
        } else if (path == "/block") {
            std::this_thread::sleep_for(pause(request));
            response.body(greeting_);
        } else if (path == "/who") {
            response.body(std::string{context_.name()} + "/" +
                          std::to_string(context_.worker_index()) + " generation " +
                          std::to_string(context_.generation()) + " after " +
                          std::string{context_.restart_reason()} + "\n");
        } else if (path == "/echo") {
            response.body(request.body());
        } else if (path == "/crash") {
            crash();
        } else {
            response.status(404).body("there is no such page\n");
        }
    }

    superd::Context& context_;
    std::string greeting_;
    superd::Counter requests_;
};

}  // namespace

SUPERD_SERVICE(Greeter)
