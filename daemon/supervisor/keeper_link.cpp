#include "supervisor/keeper_link.hpp"

#include "os/message.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <utility>

namespace superd::supervisor {
namespace {

keeper::Message named(keeper::Kind kind, const std::string& name) {
    assert(name.size() < keeper::name_max);
    keeper::Message message{.kind = kind};
    std::memcpy(message.name, name.c_str(), name.size() + 1);
    return message;
}

}  // namespace

KeeperLink::KeeperLink(const boost::asio::any_io_executor& executor, os::Fd link)
    : socket_{executor} {
    ::fcntl(link.get(), F_SETFL, ::fcntl(link.get(), F_GETFL) | O_NONBLOCK);
    ::fcntl(link.get(), F_SETFD, FD_CLOEXEC);
    socket_.assign(link.release());
}

std::optional<KeeperLink::Inbound> KeeperLink::read() {
    Inbound inbound;
    const auto bytes = std::as_writable_bytes(std::span{&inbound.message, 1});
    const auto received = os::receive_message(socket_.native_handle(), bytes, inbound.descriptors);
    if (!received) {
        closed_ = closed_ || (received.error() != std::errc::resource_unavailable_try_again);
        return std::nullopt;
    }
    if (received->bytes == 0) {
        closed_ = true;
        return std::nullopt;
    }
    assert(received->bytes == sizeof(keeper::Message) && "the keeper speaks another protocol");
    return inbound;
}

std::optional<KeeperLink::Inbound> KeeperLink::receive() {
    if (line_.empty()) return read();
    std::optional<Inbound> first{std::move(line_.front())};
    line_.pop_front();
    return first;
}

std::optional<KeeperLink::Inbound> KeeperLink::await(keeper::Kind kind) {
    const auto is_it = [kind](const Inbound& each) { return each.message.kind == kind; };
    for (;;) {
        if (auto inbound = read()) {
            line_.push_back(std::move(*inbound));
            if (!is_it(line_.back())) continue;
            std::optional<Inbound> found{std::move(line_.back())};
            line_.pop_back();
            return found;
        }
        if (closed_) return std::nullopt;
        pollfd wanted{socket_.native_handle(), POLLIN, 0};
        ::poll(&wanted, 1, -1);
    }
}

bool KeeperLink::await_list(std::set<std::string>& names) {
    if (!await(keeper::Kind::held_end)) return false;
    std::erase_if(line_, [&names](const Inbound& each) {
        if (each.message.kind != keeper::Kind::held) return false;
        names.emplace(each.message.name);
        return true;
    });
    return true;
}

bool KeeperLink::readable(std::chrono::microseconds patience) {
    if (!line_.empty()) return true;
    if (closed_) return false;
    pollfd wanted{socket_.native_handle(), POLLIN, 0};
    const timespec limit{patience.count() / 1'000'000, patience.count() % 1'000'000 * 1000};
    return ::ppoll(&wanted, 1, &limit, nullptr) > 0;
}

void KeeperLink::notify(std::function<void()> callback) {
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [callback = std::move(callback)](boost::system::error_code error) {
                           if (!error) callback();
                       });
}

void KeeperLink::send(const keeper::Message& message, std::span<const int> fds) {
    const auto bytes = std::as_bytes(std::span{&message, 1});
    while (!closed_) {
        const auto sent = os::send_message(socket_.native_handle(), bytes, fds);
        if (sent) return;
        // Too many descriptors on their way: the keeper takes them in soon.
        const bool later = sent.error() == std::errc::resource_unavailable_try_again ||
                           sent.error() == std::errc::too_many_files_open_in_system ||
                           static_cast<int>(sent.error()) == ETOOMANYREFS;
        if (!later) {
            closed_ = true;
            return;
        }
        // It may itself wait for us to read: what it says is put in line meanwhile.
        pollfd either{socket_.native_handle(), POLLIN | POLLOUT, 0};
        ::poll(&either, 1, 100);
        if (auto inbound = read()) line_.push_back(std::move(*inbound));
    }
}

void KeeperLink::hello() {
    send({.kind = keeper::Kind::hello, .value = static_cast<int>(keeper::protocol_version)});
}
void KeeperLink::acknowledge(pid_t last, std::size_t count) {
    const auto value = static_cast<std::int32_t>(count);
    send({.kind = keeper::Kind::acknowledge, .pid = last, .value = value});
}
void KeeperLink::hold(const std::string& name, std::span<const int> fds) {
    send(named(keeper::Kind::hold, name), fds);
}
void KeeperLink::release(const std::string& name) { send(named(keeper::Kind::release, name)); }

KeeperLink::Descriptors KeeperLink::fetch(const std::string& name) {
    send(named(keeper::Kind::fetch, name));
    auto answer = await(keeper::Kind::fetched);
    return answer ? std::move(answer->descriptors) : Descriptors{};
}

void KeeperLink::beat(std::chrono::milliseconds within) {
    send({.kind = keeper::Kind::beat, .value = static_cast<int>(within.count())});
}
void KeeperLink::finished(int exit_code) {
    send({.kind = keeper::Kind::finished, .value = exit_code});
}
void KeeperLink::finished_alone() { send({.kind = keeper::Kind::finished, .code = 1}); }

void KeeperLink::condition(keeper::Phase phase, std::string_view text,
                           std::chrono::milliseconds stop) {
    keeper::Message message{.kind = keeper::Kind::condition, .value = static_cast<int>(phase)};
    const auto most = std::chrono::milliseconds{std::numeric_limits<std::int32_t>::max()};
    message.stop_ms = static_cast<std::int32_t>(std::min(stop, most).count());
    text.substr(0, keeper::name_max - 1).copy(message.name, keeper::name_max - 1);
    send(message);
}

std::optional<KeeperLink::Inbound> KeeperLink::check_upgrade(int records_version) {
    send({.kind = keeper::Kind::upgrade, .value = 1, .code = records_version});
    return await(keeper::Kind::checked);
}
void KeeperLink::upgrade() { send({.kind = keeper::Kind::upgrade, .value = 2}); }

}  // namespace superd::supervisor
