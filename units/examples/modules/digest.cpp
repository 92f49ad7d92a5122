// A hash service on threads, for code that computes or blocks: POST anything, the answer is its
// FNV-1a hash, one thread a connection. A second kind of thread, which the service begins by
// itself, tells every second how much was hashed.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <superd/http.hpp>

namespace http = superd::http;

namespace {

class Digest {
public:
    explicit Digest(superd::Context& context)
        : context_{context},
          rounds_{std::max(1u, context.config().get("rounds", 1u))},
          bytes_{context.metrics().counter("bytes hashed")},
          sizes_{context.metrics().histogram("kilobytes")} {
        context.spawn("report", [this](superd::Slot& me) { report(me); });
    }

    void connection(superd::Context& context, superd::Slot& me, superd::Socket socket) {
        http::serve(context, me, socket,
                    [this](const http::Request& request, http::Response& response) {
                        if (request.method() != "POST") {
                            response.status(405)
                                .header("Allow", "POST")
                                .body("POST what is to be hashed\n");
                            return;
                        }
                        const auto body = request.body();
                        bytes_.add(body.size());
                        total_ += body.size();
                        sizes_.record(static_cast<double>(body.size()) / 1000);
                        response.body(hash(body) + "\n");
                    });
    }

private:
    std::string hash(std::string_view bytes) const {
        std::uint64_t value = 0xcbf29ce484222325;
        for (unsigned round = 0; round < rounds_; ++round)
            for (const char byte : bytes)
                value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
        constexpr char digits[] = "0123456789abcdef";
        std::string text(16, '0');
        for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4)
            *digit = digits[value & 15];
        return text;
    }

    void report(superd::Slot& me) {
        const auto stop = context_.stop_token();
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock{mutex};
        while (!stop.stop_requested()) {
            me.beat();
            context_.status("hashed " + std::to_string(total_) + " bytes");
            wake.wait_for(lock, stop, std::chrono::seconds{1}, [] { return false; });
        }
    }

    superd::Context& context_;
    unsigned rounds_;
    superd::Counter bytes_;
    superd::Histogram sizes_;
    std::atomic<std::uint64_t> total_ = 0;
};

}  // namespace

SUPERD_SERVICE(Digest)
