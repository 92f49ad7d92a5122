// The keeper's side of protocol.hpp with one supervisor after another.
//
// Nothing is queued: what has still to be said is a handful of flags and a
// position in the table of held names, so a supervisor that reads slowly costs
// no memory. It is said in the order of the protocol, as far as the socket takes
// it. While an answer to `fetch` is waiting nothing more is read from it.
#pragma once

#include "keeper/held.hpp"
#include "keeper/protocol.hpp"
#include "os/fd.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace superd::keeper {

// What a supervisor sent.
struct Request {
    Message message;
    std::array<os::Fd, descriptors_max> fds;
    std::size_t descriptors = 0;
    bool descriptors_lost = false;  // It sent more than we could take.
};

class Conversation {
public:
    enum class Reading : std::uint8_t { got, nothing, ended };

    explicit constexpr Conversation(const Held& held) : held_{held} {}

    // What the next program in this process must know of it: the supervisor's last words are
    // still to be heard.
    struct State {
        std::int32_t link = -1;
        std::uint32_t told_count = 0;
        std::uint64_t signals = 0;
        std::array<std::int32_t, exits_ahead> told{};
    };
    State state() const;
    void restore(const State& state);

    // Makes a new link and returns the supervisor's end of it; empty: errno says why not.
    os::Fd open();
    // Forgets the link and what was to be said on it, but for signals: they are
    // for superd, whichever supervisor gets to hear of them.
    void close();
    int fd() const { return link_.get(); }

    Reading read(Request& request);
    bool wants_to_read() const { return !fetch_due_; }
    bool wants_to_write() const { return full_; }

    // --- what to say ---

    // Begins: welcome, then all names held, then whatever else there is.
    void welcome(const Message& message);
    bool welcomed() const { return welcomed_; }
    void answer_fetch(const char* name);
    void tell_logger(const Message& message);
    // With a text that says why not, if there is one.
    void answer_upgrade(bool possible, os::Fd text);
    // SIGTERM and SIGINT are told to every supervisor from now on: the next one
    // must finish the stop that this one may not live to finish.
    void tell_signal(int number);
    bool stop_asked() const { return ((signals_due_ | signals_kept_) & stop_signals) != 0; }
    // Only when wants_exit(): so many are told ahead of their acknowledgement.
    void tell_exit(const Message& message);
    bool wants_exit() const { return listed_ && !exit_due_ && told_count_ < exits_ahead; }
    // Told to this supervisor, or due, and not acknowledged.
    bool told(std::int32_t pid) const;
    bool told_any() const { return told_count_ > 0; }
    // The supervisor acknowledged `pid` and the `count` - 1 told before it: pids
    // that may be reaped now. Empty: that is not what this supervisor was told.
    std::span<const std::int32_t> acknowledge(std::int32_t pid, std::int32_t count);

    // Says as much as the socket takes.
    void flush();

private:
    static constexpr std::uint64_t stop_signals = 1u << 15 | 1u << 2;  // SIGTERM, SIGINT

    bool say(const Message& message, std::span<const int> fds = {});
    bool say_welcome();
    bool say_names();
    bool say_fetched();
    bool say_signals();
    bool say_rest();

    const Held& held_;
    os::Fd link_;
    bool full_ = false;      // The socket took no more.
    bool welcomed_ = false;  // It said hello, so it may be told things.
    bool welcome_due_ = false;
    bool listed_ = false;       // ... and knows the names that were held.
    std::size_t unlisted_ = 0;  // Names before this position are still to be told.
    bool fetch_due_ = false;
    bool logger_due_ = false;
    bool checked_due_ = false;
    bool exit_due_ = false;
    std::array<std::int32_t, exits_ahead> told_{};  // told_count_ of them, a due one last.
    std::array<std::int32_t, exits_ahead> done_{};  // What acknowledge() returned.
    std::size_t told_count_ = 0;
    std::uint64_t signals_due_ = 0;   // One bit a signal number.
    std::uint64_t signals_kept_ = 0;  // Told to one supervisor, due again with the next.
    Message welcome_{};
    Message logger_{};
    Message checked_{};
    os::Fd checked_text_;
    Message exit_{};
    char fetch_name_[name_max]{};
};

}  // namespace superd::keeper
