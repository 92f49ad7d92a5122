#include "logger/link.hpp"

#include "os/message.hpp"

#include <sys/socket.h>

#include <cerrno>

#include <boost/asio/post.hpp>

namespace superd::logger {
namespace {

constexpr std::size_t queue_max = 4'096;

}  // namespace

Link::Link(boost::asio::io_context& loop, os::Fd listener, Handle handle)
    : listener_{loop, listener.release()}, handle_{std::move(handle)} {}

void Link::start() { accept(); }

void Link::accept() {
    listener_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        os::Fd connected{
            ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (connected) {
            std::size_t generation = 0;
            {
                const std::lock_guard lock{mutex_};
                connection_.emplace(listener_.get_executor(), connected.release());
                generation = ++generation_;
                waiting_ = false;
                send_queue();
            }
            read(generation);
        }
        accept();
    });
}

void Link::read(std::size_t generation) {
    const std::lock_guard lock{mutex_};
    if (!connection_ || generation != generation_) return;
    connection_->async_wait(Descriptor::wait_read,
                            [this, generation](const boost::system::error_code& error) {
                                if (!error) receive(generation);
                            });
}

void Link::receive(std::size_t generation) {
    std::vector<std::byte> packet(packet_max + 1);
    for (;;) {
        int socket = -1;
        {
            const std::lock_guard lock{mutex_};
            if (!connection_ || generation != generation_) return;
            socket = connection_->native_handle();
        }
        os::Fd descriptor;
        const auto got = os::receive_message(socket, packet, {&descriptor, 1});
        if (!got && (got.error() == std::errc::resource_unavailable_try_again ||
                     got.error() == std::errc::interrupted))
            return read(generation);
        if (!got || got->bytes == 0) return disconnect();
        auto request = decode_request(std::span{packet}.first(got->bytes));
        if (request) {
            handle_(std::move(*request), std::move(descriptor));
        } else {
            tell(Trouble{request.error().message() + "; superd-supervisor and superd-logger are "
                                                     "of different versions?"});
        }
    }
}

void Link::disconnect() {
    const std::lock_guard lock{mutex_};
    connection_.reset();
    ++generation_;
}

void Link::tell(const Reply& reply) {
    std::vector<std::byte> packet = encode(reply);
    if (packet.empty()) return;
    const std::lock_guard lock{mutex_};
    // Everything else is told again when the next supervisor asks for it.
    const bool keep =
        std::holds_alternative<Dropped>(reply) || std::holds_alternative<Trouble>(reply);
    if (!connection_ && !keep) return;
    if (connection_ && queue_.empty() && send(packet)) return;
    if (queue_.size() >= queue_max) queue_.pop_front();
    queue_.push_back(std::move(packet));
    if (connection_) send_queue();
}

// Sends what has queued up as far as the socket takes it. With the lock held.
void Link::send_queue() {
    while (!queue_.empty() && send(queue_.front())) queue_.pop_front();
    if (queue_.empty() || waiting_) return;
    waiting_ = true;
    const std::size_t generation = generation_;
    // Posted: waits are begun by the event loop's thread alone.
    boost::asio::post(listener_.get_executor(), [this, generation] {
        const std::lock_guard lock{mutex_};
        if (!connection_ || generation != generation_) return;
        connection_->async_wait(Descriptor::wait_write,
                                [this, generation](const boost::system::error_code& error) {
                                    const std::lock_guard again{mutex_};
                                    if (error || !connection_ || generation != generation_) return;
                                    waiting_ = false;
                                    send_queue();
                                });
    });
}

// False if there is no room. A broken connection takes everything: reading finds out.
bool Link::send(std::span<const std::byte> packet) {
    const auto sent = os::send_message(connection_->native_handle(), packet);
    return sent || sent.error() != std::errc::resource_unavailable_try_again;
}

}  // namespace superd::logger
