#include "supervisor/logger_link.hpp"

#include "os/message.hpp"
#include "os/socket.hpp"

#include <fcntl.h>

#include <array>
#include <utility>

namespace superd::supervisor {
namespace {

// The keeper holds the listener, so a failure is the machine's (EMFILE, say).
constexpr std::chrono::milliseconds retry_after{200};
constexpr int batch_max = 256;  // Replies read before everything else has its turn.

}  // namespace

LoggerLink::LoggerLink(const boost::asio::any_io_executor& executor, std::string path,
                       Handlers handlers)
    : path_{std::move(path)}, handlers_{std::move(handlers)}, socket_{executor}, retry_{executor} {}

void LoggerLink::start() { connect(); }

void LoggerLink::connect() {
    auto fd = os::connect_unix(os::SocketType::seqpacket, path_);
    if (!fd) {
        handlers_.problem(fd.error().message());
        retry_.expires_after(retry_after);
        retry_.async_wait([this](boost::system::error_code error) {
            if (!error) connect();
        });
        return;
    }
    ::fcntl(fd->get(), F_SETFL, ::fcntl(fd->get(), F_GETFL) | O_NONBLOCK);
    socket_.assign(fd->release());
    wait_readable();
    handlers_.connected();
    flush();
}

void LoggerLink::lost() {
    socket_.close();
    writing_ = false;
    // Clients that wait for lines are not let down: the next logger serves them.
    std::erase_if(line_, [](const Packet& packet) { return !packet.descriptor; });
    connect();
}

void LoggerLink::send(const logger::Request& request) { send(request, os::Fd{}); }

bool LoggerLink::send(const logger::Request& request, os::Fd descriptor) {
    // Without a connection it is said by `connected`, unless it has a descriptor.
    if (!socket_.is_open() && !descriptor) return true;
    Packet packet{logger::encode(request), std::move(descriptor)};
    if (packet.bytes.empty()) return false;
    line_.push_back(std::move(packet));
    return true;
}

void LoggerLink::flush() {
    if (socket_.is_open() && !writing_) write();
}

void LoggerLink::write() {
    while (!line_.empty()) {
        const Packet& packet = line_.front();
        const int fd = packet.descriptor.get();
        const auto fds = std::span{&fd, packet.descriptor ? 1u : 0u};
        const auto sent = os::send_message(socket_.native_handle(), packet.bytes, fds);
        if (!sent) {
            const bool full = sent.error() == std::errc::resource_unavailable_try_again ||
                              sent.error() == std::errc::no_buffer_space;
            if (full) wait_writable();
            return;  // Else it is broken: reading tells so too, and connects again.
        }
        line_.pop_front();
    }
}

void LoggerLink::wait_writable() {
    writing_ = true;
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                       [this](boost::system::error_code error) {
                           if (error) return;
                           writing_ = false;
                           write();
                       });
}

void LoggerLink::wait_readable() {
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](boost::system::error_code error) {
                           if (!error) read();
                       });
}

void LoggerLink::read() {
    std::vector<std::byte> buffer(logger::packet_max);
    for (int i = 0; i < batch_max; ++i) {
        const auto received = os::receive_message(socket_.native_handle(), buffer);
        if (!received) {
            if (received.error() == std::errc::resource_unavailable_try_again) break;
            return lost();
        }
        if (received->bytes == 0) return lost();
        auto reply = logger::decode_reply(std::span{buffer}.first(received->bytes));
        if (reply) {
            handlers_.reply(std::move(*reply));
        } else {
            handlers_.problem(reply.error().message());
        }
    }
    wait_readable();
}

}  // namespace superd::supervisor
