#include "keeper/manager.hpp"

#include "keeper/report.hpp"
#include "os/clock.hpp"
#include "os/message.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace superd::keeper {
namespace {

constexpr std::int64_t microsecond = 1000;
constexpr std::int64_t retry_after = 100'000 * microsecond;

std::int64_t earlier(std::int64_t a, std::int64_t b) {
    if (a == 0 || b == 0) return a + b;
    return std::min(a, b);
}

std::string_view variable(const char* name) {
    const char* const value = ::getenv(name);
    return value != nullptr ? std::string_view{value} : std::string_view{};
}

// -1: it is no number, or too great a one.
std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    for (const char each : digits) {
        if (each < '0' || each > '9' || value > 1'000'000'000'000'000) return -1;
        value = value * 10 + (each - '0');
    }
    return digits.empty() ? -1 : value;
}

bool take_address(std::string_view text, Manager::State& state) {
    // "@name" is an abstract address; others than these, as vsock, are of machines, not of
    // services.
    if (text.size() < 2 || (text[0] != '/' && text[0] != '@')) return false;
    if (text.size() >= sizeof state.address) return false;
    std::memcpy(state.address, text.data(), text.size());
    if (text[0] == '@') state.address[0] = '\0';
    state.address_size = static_cast<std::uint32_t>(text.size());
    return true;
}

}  // namespace

Manager::State manager_from_environment() {
    Manager::State state;
    const std::string_view address = variable("NOTIFY_SOCKET");
    if (!address.empty() && !take_address(address, state)) {
        report("cannot tell the service manager anything: NOTIFY_SOCKET is \"", address,
               "\"; expected a path or an abstract socket, as in @name");
    }
    const std::string_view whose = variable("WATCHDOG_PID");
    const std::int64_t every = number(variable("WATCHDOG_USEC"));
    const bool ours = whose.empty() || number(whose) == ::getpid();
    if (ours && every > 1 && every < INT64_MAX / microsecond) {
        state.watchdog_ns = every * microsecond;
    }
    const std::int64_t most = number(variable("FDSTORE"));
    if (most > 0)
        state.store_max = static_cast<std::uint32_t>(std::min<std::int64_t>(most, 65'536));
    for (const char* const name : {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "FDSTORE"}) {
        ::unsetenv(name);
    }
    return state;
}

void Manager::serving() {
    serving_due_ = listens();
    state_.served = true;
}

void Manager::reloading(std::int64_t now) {
    // Before the first READY=1 there is nothing to be reloaded.
    if (listens() && state_.served) reloading_since_ = now;
}

void Manager::stopping(std::int64_t within) {
    if (listens()) stop_within_ = std::max<std::int64_t>(within, 1);
}

void Manager::status(std::string_view text) {
    if (!listens() || text == status_.view()) return;
    status_.clear();
    status_.add(text);
    status_due_ = true;
}

std::int64_t Manager::due() const {
    const std::int64_t ping = listens() && ping_every() > 0 ? ping_due_ : 0;
    return earlier(ping, retry_due_);
}

void Manager::flush(std::int64_t now, bool well) {
    if (!listens()) return;
    if (retry_due_ != 0 && retry_due_ <= now) retry_due_ = 0;
    if (ping_every() > 0 && ping_due_ <= now) {
        ping_due_ = now + ping_every();
        ping_unsaid_ = true;
    }
    // Two messages: READY=1 ends what RELOADING=1 begins.
    if (reloading_since_ != 0) {
        Text<128> text;
        text.add("RELOADING=1\nMONOTONIC_USEC=").add(reloading_since_ / microsecond);
        if (send(text.view(), {}) == Sent::later) return;
        reloading_since_ = 0;
    }
    Text<512> text;
    if (serving_due_) text.add("READY=1\n");
    if (stop_within_ != 0) {
        text.add("STOPPING=1\nEXTEND_TIMEOUT_USEC=").add(stop_within_ / microsecond).add("\n");
    }
    if (status_due_) text.add("STATUS=").add(status_).add("\n");
    if (ping_unsaid_ && well) text.add("WATCHDOG=1\n");
    if (text.empty() || send(text.view(), {}) == Sent::later) return;
    serving_due_ = status_due_ = ping_unsaid_ = false;
    stop_within_ = 0;
}

Manager::Sent Manager::send(std::string_view text, std::span<const int> fds) {
    if (!listens()) return Sent::never;
    if (full_ || retry_due_ != 0) return Sent::later;
    // It may have been replaced since we connected, as a user's manager is: once more, then.
    const bool fresh = !socket_;
    if (fresh && !connect()) return Sent::never;
    Sent sent = transmit(text, fds);
    if (sent == Sent::never && !fresh && connect()) sent = transmit(text, fds);
    return sent;
}

Manager::Sent Manager::transmit(std::string_view text, std::span<const int> fds) {
    const auto sent =
        os::send_message(socket_.get(), std::as_bytes(std::span{text.data(), text.size()}), fds);
    return sent ? Sent::yes : failed(static_cast<int>(sent.error()));
}

Manager::Sent Manager::failed(int error) {
    switch (error) {
        case EAGAIN: full_ = true; return Sent::later;
        // Too many descriptors are on their way to it, or memory is short.
        case ETOOMANYREFS:
        case ENOBUFS:
        case ENOMEM: retry_due_ = os::monotonic_now() + retry_after; return Sent::later;
        default: socket_.reset(); return Sent::never;
    }
}

bool Manager::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, state_.address, state_.address_size);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + state_.address_size);
    socket_ = os::Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (socket_ &&
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) {
        return true;
    }
    socket_.reset();
    return false;
}

}  // namespace superd::keeper
