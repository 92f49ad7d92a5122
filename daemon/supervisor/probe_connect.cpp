// Probes that connect to the service: tcp, unix, http.
#include "os/fd.hpp"
#include "supervisor/probe.hpp"
#include "supervisor/probe_address.hpp"
#include "supervisor/probe_http.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

bool has_peer(int socket) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    return ::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0 ||
           errno != ENOTCONN;
}

std::string describe_errno(int error) {
    switch (error) {
        case ECONNREFUSED: return "refused";
        case ENOENT: return "does not exist";
        case EAGAIN: return "has a full backlog";
        case ETIMEDOUT: return "does not answer";
        case ECONNRESET: return "closed the connection";
        default: return "fails: " + std::generic_category().message(error);
    }
}

class ConnectProbe final : public Probe {
public:
    ConnectProbe(const asio::any_io_executor& executor, const config::Ready& ready, Done done,
                 std::chrono::nanoseconds limit)
        : limit_{limit}, timer_{executor}, socket_{executor}, done_{std::move(done)} {
        if (ready.kind == config::ReadyKind::http) request_ = http_request(ready);
        if (auto addresses = probe_addresses(ready)) {
            addresses_ = std::move(*addresses);
        } else {
            problem_ = std::move(addresses.error());
        }
        asio::post(executor, [this, alive = std::weak_ptr{alive_}] {
            if (!alive.expired()) start();
        });
    }

private:
    void start() {
        timer_.expires_after(std::chrono::ceil<std::chrono::steady_clock::duration>(limit_));
        timer_.async_wait([this, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
            if (alive.expired() || error) return;
            finish("does not answer");
        });
        try_next();
    }

    // Goes on with the next address, or ends with what the last one said.
    void try_next() {
        while (next_ < addresses_.size()) {
            const Address& address = addresses_[next_++];
            if (begin_connect(address)) {
                return wait(Descriptor::wait_write, &ConnectProbe::connected);
            }
        }
        finish(std::move(problem_));
    }

    bool begin_connect(const Address& address) {
        boost::system::error_code ignored;
        socket_.close(ignored);
        os::Fd fd{
            ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        if (!fd) return note_errno(errno);
        const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
        if (::connect(fd.get(), raw, address.length) < 0 && errno != EINPROGRESS) {
            return note_errno(errno);
        }
        socket_.assign(fd.get());
        static_cast<void>(fd.release());
        return true;
    }

    bool note_errno(int error) {
        problem_ = describe_errno(error);
        return false;
    }

    void connected() {
        int error = 0;
        socklen_t length = sizeof error;
        ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &length);
        // Asio may tell of what came for a descriptor that was closed just now.
        if (error == 0 && !has_peer(socket_.native_handle())) {
            return wait(Descriptor::wait_write, &ConnectProbe::connected);
        }
        if (error == 0 && connected_to_itself(socket_.native_handle())) error = ECONNREFUSED;
        if (error != 0) {
            note_errno(error);
            return try_next();
        }
        if (request_.empty()) return finish("");
        send();
    }

    void send() {
        const ssize_t sent =
            ::send(socket_.native_handle(), request_.data(), request_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return finish(describe_errno(errno));
        if (sent > 0) request_.erase(0, static_cast<std::size_t>(sent));
        if (!request_.empty()) return wait(Descriptor::wait_write, &ConnectProbe::send);
        wait(Descriptor::wait_read, &ConnectProbe::receive);
    }

    void receive() {
        std::array<char, status_line_max> bytes;
        const std::size_t room = status_line_max - response_.size();
        const ssize_t size = ::recv(socket_.native_handle(), bytes.data(), room, 0);
        if (size < 0 && errno != EAGAIN) return finish(describe_errno(errno));
        if (size == 0) return finish("closed the connection");
        if (size > 0) response_.append(bytes.data(), static_cast<std::size_t>(size));
        if (auto verdict = judge_response(response_)) return finish(std::move(*verdict));
        wait(Descriptor::wait_read, &ConnectProbe::receive);
    }

    void wait(Descriptor::wait_type event, void (ConnectProbe::*then)()) {
        socket_.async_wait(
            event, [this, then, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
                if (alive.expired() || error) return;
                (this->*then)();
            });
    }

    // The last thing that happens here: *this may be gone afterwards.
    void finish(std::string problem) {
        timer_.cancel();
        boost::system::error_code ignored;
        socket_.close(ignored);
        const Done done = std::exchange(done_, nullptr);
        if (done) done(std::move(problem));
    }

    std::chrono::nanoseconds limit_;
    asio::steady_timer timer_;
    Descriptor socket_;
    Done done_;
    std::vector<Address> addresses_;
    std::size_t next_ = 0;
    std::string problem_;
    std::string request_;   // http: what is not sent yet.
    std::string response_;  // http: its first bytes.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::unique_ptr<Probe> Probe::connect(const asio::any_io_executor& executor,
                                      const config::Ready& ready, Done done,
                                      std::chrono::nanoseconds limit) {
    return std::make_unique<ConnectProbe>(executor, ready, std::move(done), limit);
}

}  // namespace superd::supervisor
