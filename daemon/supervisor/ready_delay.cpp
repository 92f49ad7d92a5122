// Readiness by the clock: a run that lived long enough counts as ready.
#include "supervisor/ready_watches.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {
namespace {

class DelayWatch final : public ReadyWatch {
public:
    DelayWatch(const boost::asio::any_io_executor& executor, std::chrono::nanoseconds delay,
               core::Instant started, Callback callback)
        : ReadyWatch{std::move(callback)}, timer_{executor} {
        // Both clocks are CLOCK_MONOTONIC.
        const std::chrono::nanoseconds due = started.time_since_epoch() + delay;
        using Clock = std::chrono::steady_clock;
        timer_.expires_at(Clock::time_point{std::chrono::duration_cast<Clock::duration>(due)});
        timer_.async_wait([this, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
            if (alive.expired() || error) return;
            finish(true);
        });
    }

    std::string progress() const override {
        using std::chrono::milliseconds;
        const auto left = timer_.expiry() - std::chrono::steady_clock::now();
        const auto count = std::chrono::ceil<milliseconds>(left).count();
        return "delay ends in " + std::to_string(count > 0 ? count : 0) + " ms";
    }

private:
    boost::asio::steady_timer timer_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::unique_ptr<ReadyWatch> watch_delay(const boost::asio::any_io_executor& executor,
                                        const config::Ready& ready, core::Instant started,
                                        ReadyWatch::Callback callback) {
    return std::make_unique<DelayWatch>(executor, ready.delay, started, std::move(callback));
}

}  // namespace superd::supervisor
