#include "keeper/conversation.hpp"

#include "keeper/report.hpp"
#include "os/message.hpp"

#include <sys/socket.h>

#include <fcntl.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace superd::keeper {
namespace {

constexpr int link_bytes = 1 << 20;  // Some thousand messages on their way.

// Best effort: the default is enough, only slower.
void widen(int socket) {
    if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &link_bytes, sizeof link_bytes) != 0) {
        ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &link_bytes, sizeof link_bytes);
    }
}

}  // namespace

os::Fd Conversation::open() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return os::Fd{};
    link_ = os::Fd{ends[0]};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    widen(ends[0]);
    widen(ends[1]);
    return os::Fd{ends[1]};
}

void Conversation::close() {
    link_.reset();
    full_ = welcomed_ = welcome_due_ = listed_ = fetch_due_ = logger_due_ = exit_due_ = false;
    checked_due_ = false;
    checked_text_.reset();
    told_count_ = 0;
    signals_due_ |= signals_kept_;
    signals_kept_ = 0;
}

Conversation::State Conversation::state() const {
    State state{.link = link_.get(),
                .told_count = static_cast<std::uint32_t>(told_count_ - (exit_due_ ? 1 : 0)),
                .signals = signals_due_ | signals_kept_};
    std::ranges::copy(std::span{told_}.first(state.told_count), state.told.begin());
    return state;
}

void Conversation::restore(const State& state) {
    link_ = os::Fd{state.link};
    told_count_ = state.told_count <= exits_ahead ? state.told_count : 0;
    told_ = state.told;
    signals_due_ = state.signals;
}

Conversation::Reading Conversation::read(Request& request) {
    for (os::Fd& each : request.fds) each.reset();
    const auto bytes = std::as_writable_bytes(std::span{&request.message, 1});
    auto received = os::receive_message(link_.get(), bytes, request.fds);
    if (!received && received.error() == std::errc::connection_reset) {
        // It died without reading all we had told it. The kernel says so once,
        // before it hands out what it had sent.
        received = os::receive_message(link_.get(), bytes, request.fds);
    }
    if (!received) {
        const bool later = received.error() == std::errc::resource_unavailable_try_again;
        return later ? Reading::nothing : Reading::ended;
    }
    if (received->bytes == 0) return Reading::ended;
    if (received->bytes != sizeof(Message) || received->truncated) request.message = {};
    request.message.name[name_max - 1] = '\0';
    request.descriptors = received->descriptors;
    request.descriptors_lost = received->descriptors_lost;
    return Reading::got;
}

void Conversation::welcome(const Message& message) {
    welcome_ = message;
    welcomed_ = welcome_due_ = true;
    listed_ = false;
}

void Conversation::answer_fetch(const char* name) {
    std::strncpy(fetch_name_, name, name_max - 1);
    fetch_due_ = true;
}

void Conversation::tell_logger(const Message& message) {
    logger_ = message;
    logger_due_ = true;
}

void Conversation::answer_upgrade(bool possible, os::Fd text) {
    checked_ = {.kind = Kind::checked, .value = possible ? 0 : 1};
    checked_text_ = std::move(text);
    checked_due_ = true;
}

void Conversation::tell_signal(int number) { signals_due_ |= std::uint64_t{1} << number; }

void Conversation::tell_exit(const Message& message) {
    exit_ = message;
    exit_due_ = true;
    told_[told_count_++] = message.pid;
}

bool Conversation::told(std::int32_t pid) const {
    const auto all = std::span{told_}.first(told_count_);
    return std::ranges::find(all, pid) != all.end();
}

std::span<const std::int32_t> Conversation::acknowledge(std::int32_t pid, std::int32_t count) {
    const std::size_t heard = told_count_ - (exit_due_ ? 1 : 0);
    const auto size = static_cast<std::size_t>(count);
    if (count <= 0 || size > heard || told_[size - 1] != pid) return {};
    std::ranges::copy(std::span{told_}.first(size), done_.begin());
    std::ranges::copy(std::span{told_}.subspan(size), told_.begin());
    told_count_ -= size;
    return std::span{done_}.first(size);
}

void Conversation::flush() {
    full_ = false;
    if (!link_ || !welcomed_) return;
    static_cast<void>(say_welcome() && say_names() && say_fetched() && say_signals() && say_rest());
}

bool Conversation::say(const Message& message, std::span<const int> fds) {
    const auto sent = os::send_message(link_.get(), std::as_bytes(std::span{&message, 1}), fds);
    // Any other error means that nobody is there to listen; its death will be told by the kernel.
    full_ = !sent && sent.error() == std::errc::resource_unavailable_try_again;
    return sent.has_value();
}

bool Conversation::say_welcome() {
    if (!welcome_due_) return true;
    if (!say(welcome_)) return false;
    welcome_due_ = false;
    unlisted_ = held_.size();
    return true;
}

// Backwards: a release moves the last name into the gap, so a name that was not
// told yet cannot get behind us.
bool Conversation::say_names() {
    if (listed_) return true;
    Message message{.kind = Kind::held};
    if (unlisted_ > held_.size()) unlisted_ = held_.size();
    for (; unlisted_ > 0; --unlisted_) {
        const Held::Entry& entry = held_.at(unlisted_ - 1);
        if (entry.released) continue;
        std::memcpy(message.name, entry.name, name_max);
        if (!say(message)) return false;
    }
    if (!say(Message{.kind = Kind::held_end})) return false;
    listed_ = true;
    return true;
}

bool Conversation::say_fetched() {
    if (!fetch_due_) return true;
    Message message{.kind = Kind::fetched};
    std::memcpy(message.name, fetch_name_, name_max);
    const Held::Entry* const entry = held_.find(fetch_name_);
    if (!say(message, entry != nullptr ? entry->descriptors() : std::span<const int>{})) {
        return false;
    }
    fetch_due_ = false;
    return true;
}

bool Conversation::say_signals() {
    while (signals_due_ != 0) {
        const int number = std::countr_zero(signals_due_);
        if (!say(Message{.kind = Kind::signalled, .value = number})) return false;
        const std::uint64_t bit = std::uint64_t{1} << number;
        signals_due_ &= ~bit;
        signals_kept_ |= bit & stop_signals;
    }
    return true;
}

bool Conversation::say_rest() {
    if (logger_due_ && !say(logger_)) return false;
    logger_due_ = false;
    if (checked_due_) {
        const int text[] = {checked_text_.get()};
        if (!say(checked_, checked_text_ ? std::span<const int>{text} : std::span<const int>{})) {
            return false;
        }
        checked_due_ = false;
        checked_text_.reset();
    }
    if (exit_due_ && !say(exit_)) return false;
    exit_due_ = false;
    return true;
}

}  // namespace superd::keeper
