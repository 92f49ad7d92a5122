// Readiness told as s6 has it: the service writes a line to a descriptor.
#include "os/fifo.hpp"
#include "supervisor/ready_watches.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

namespace superd::supervisor {
namespace {

namespace asio = boost::asio;

class DescriptorWatch final : public ReadyWatch {
public:
    DescriptorWatch(const asio::any_io_executor& executor, int number, os::Fd readiness,
                    Callback callback)
        : ReadyWatch{std::move(callback)}, number_{number}, pipe_{executor} {
        if (!readiness) {
            // The descriptor did not survive: nobody will ever hear the line.
            asio::post(executor, [this, alive = std::weak_ptr{alive_}] {
                if (!alive.expired()) finish(false);
            });
            return;
        }
        // Only the reading end: the service's own is another open file.
        ::fcntl(readiness.get(), F_SETFL, ::fcntl(readiness.get(), F_GETFL) | O_NONBLOCK);
        pipe_.assign(readiness.release());
        wait();
    }

    std::string progress() const override {
        return "no line on descriptor " + std::to_string(number_) + " yet";
    }

private:
    void wait() {
        pipe_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
                             if (alive.expired() || error) return;
                             read();
                         });
    }

    // One buffer each time it is readable: a flood has to take its turn. A line stays where it is,
    // for a supervisor after us if we die before it is known that this one is ready.
    void read() {
        std::array<char, 512> bytes;
        const auto there = os::peek_pipe(pipe_.native_handle(), bytes);
        if (there && *there == 0) return end(false);
        if (there && std::string_view{bytes.data(), *there}.contains('\n')) return end(true);
        // So it is taken as well where there is no descriptor left to look at it first.
        const ssize_t taken = ::read(pipe_.native_handle(), bytes.data(), bytes.size());
        if (taken < 0 && (errno == EAGAIN || errno == EINTR)) return wait();
        if (taken <= 0) return end(false);
        if (std::string_view{bytes.data(), static_cast<std::size_t>(taken)}.contains('\n')) {
            return end(true);
        }
        wait();
    }

    void end(bool ready) {
        pipe_.close();
        finish(ready);
    }

    int number_;
    asio::posix::stream_descriptor pipe_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::unique_ptr<ReadyWatch> watch_descriptor(const asio::any_io_executor& executor,
                                             const config::Ready& ready, os::Fd readiness,
                                             ReadyWatch::Callback callback) {
    return std::make_unique<DescriptorWatch>(executor, ready.fd, std::move(readiness),
                                             std::move(callback));
}

}  // namespace superd::supervisor
