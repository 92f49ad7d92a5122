#include "puppet.hpp"

#include "os/socket.hpp"
#include "os/spawn.hpp"

#include <sys/prctl.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <string>

namespace superd::test {
namespace {

constexpr int patience_ms = 50'000;

using Fds = std::array<os::Fd, keeper::descriptors_max>;

bool send(int socket, std::span<const std::byte> bytes, const Fds& fds, std::size_t count) {
    std::array<int, keeper::descriptors_max> raw{};
    for (std::size_t i = 0; i < count; ++i) raw[i] = fds[i].get();
    return os::send_message(socket, bytes, std::span{raw}.first(count)).has_value();
}

void hear(Order& order, Fds& fds, std::size_t& count) {
    pollfd link{keeper::link_fd, POLLIN, 0};
    order.failed = 1;
    if (::poll(&link, 1, patience_ms) != 1) return;
    const auto bytes = std::as_writable_bytes(std::span{&order.message, 1});
    const auto received = os::receive_message(keeper::link_fd, bytes, fds);
    if (!received || received->bytes != sizeof order.message) return;
    count = received->descriptors;
    order.failed = 0;
}

void start(Order& order) {
    os::SpawnPlan plan;
    plan.argv = {"/bin/sh", "-c", order.script};
    plan.env = {"PATH=/usr/bin:/bin"};
    const auto pid = os::spawn(plan, nullptr);
    order.failed = pid ? 0 : 1;
    order.pid = pid.value_or(0);
}

void obey(Order& order, Fds& fds, std::size_t& count) {
    switch (order.verb) {
        case Order::Verb::say:
            order.failed =
                send(keeper::link_fd, std::as_bytes(std::span{&order.message, 1}), fds, count) ? 0
                                                                                               : 1;
            count = 0;
            return;
        case Order::Verb::hear: return hear(order, fds, count);
        case Order::Verb::start: return start(order);
        case Order::Verb::close_link: ::close(keeper::link_fd); return;
        case Order::Verb::ignore_stop: ::signal(SIGTERM, SIG_IGN); return;
        case Order::Verb::end: ::_exit(order.message.value);
    }
}

int run(int argc, char** argv) {
    std::string words;
    for (int i = 0; i < argc; ++i) words.append(argv[i]).push_back('\0');
    const char* const path = ::getenv(puppet_socket_variable);
    if (path == nullptr) return 2;
    const auto strings = os::connect_unix(os::SocketType::seqpacket, path);
    if (!strings) return 3;
    if (!os::send_message(strings->get(), std::as_bytes(std::span{words}))) return 4;
    for (;;) {
        Order order;
        Fds fds;
        const auto bytes = std::as_writable_bytes(std::span{&order, 1});
        const auto received = os::receive_message(strings->get(), bytes, fds);
        if (!received || received->bytes != sizeof order) return 0;
        std::size_t count = received->descriptors;
        obey(order, fds, count);
        if (!send(strings->get(), bytes, fds, count)) return 5;
    }
}

}  // namespace
}  // namespace superd::test

int main(int argc, char** argv) { return superd::test::run(argc, argv); }
