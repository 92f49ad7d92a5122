// A control server on a real socket, and clients that speak bytes to it.
#pragma once

#include "control/server.hpp"
#include "tests/unit/control/fake_operations.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace superd::test {

inline sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

// Runs the server in a thread of its own, which is the operations' one thread.
class Served {
public:
    // Runs `work` on the server's thread and returns what it returns.
    template <class Work>
    auto sync(Work work) {
        std::packaged_task<std::invoke_result_t<Work>()> task{std::move(work)};
        auto result = task.get_future();
        boost::asio::post(io, [&task] { task(); });
        return result.get();
    }

    // Waits until `claim` is true on the server's thread; each turn of its loop may change it.
    void until(const std::function<bool()>& claim) {
        while (!sync([&] { return claim(); })) std::this_thread::yield();
    }

    explicit Served(control::Limits limits = {}) : limits_{limits} {
        char name[] = "/tmp/sdcXXXXXX";
        if (::mkdtemp(name) == nullptr) throw std::runtime_error{"mkdtemp"};
        directory = name;
        os::Fd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const auto address = address_of(socket());
        if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
                0 ||
            ::listen(listener.get(), 64) != 0) {
            throw std::runtime_error{"listen"};
        }
        // As the keeper does, the test holds the listener whatever becomes of the server.
        listener_ = std::move(listener);
        restart_server();
        thread = std::thread{[this] { io.run(); }};
    }
    ~Served() {
        sync([this] { server.reset(); });
        guard.reset();
        thread.join();  // Ends only if the server left nothing behind.
        std::filesystem::remove_all(directory);
    }

    // On the server's thread, once it runs: ends all connections and begins anew.
    void restart_server() {
        server.reset();
        os::Fd copy{::fcntl(listener_.get(), F_DUPFD_CLOEXEC, 3)};
        server.emplace(io, std::move(copy), operations, limits_);
    }

    std::string socket() const { return directory + "/control.sock"; }

    std::string directory;
    FakeOperations operations;
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
        io.get_executor()};
    std::optional<control::Server> server;
    std::thread thread;

private:
    control::Limits limits_;
    os::Fd listener_;
};

// A connection to it.
class RawClient {
public:
    explicit RawClient(const Served& served)
        : fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        const auto address = address_of(served.socket());
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error{"connect"};
        }
    }

    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;  // It may have been refused already.
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    // Adds to `received` until `enough` says so or the server closes.
    std::string& read_until(const std::function<bool(const std::string&)>& enough) {
        constexpr int patience_ms = 60'000;  // Far beyond what any answer takes.
        while (!enough(received)) {
            pollfd ready{fd.get(), POLLIN, 0};
            if (::poll(&ready, 1, patience_ms) != 1)
                throw std::runtime_error{"no answer: " + received};
            char bytes[65536];
            const auto count = ::recv(fd.get(), bytes, sizeof bytes, 0);
            if (count <= 0) {
                closed = true;
                break;
            }
            received.append(bytes, static_cast<std::size_t>(count));
        }
        return received;
    }
    std::string& read_until_text(std::string_view text) {
        return read_until([text](const std::string& all) { return all.find(text) != all.npos; });
    }
    std::string& read_to_end() {
        return read_until([](const std::string&) { return false; });
    }

    os::Fd fd;
    std::string received;
    bool closed = false;
};

// Sends one request, and returns all of the answer.
inline std::string ask(const Served& served, const std::string& method, const std::string& target,
                       const std::string& body = {}, const std::string& headers = {}) {
    RawClient client{served};
    client.send(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers +
                (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
                "\r\n" + body);
    return client.read_to_end();
}

}  // namespace superd::test
