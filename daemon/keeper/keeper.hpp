// The loop of superd's main process: it waits for children, signals and the
// supervisor, and does what protocol.hpp says.
#pragma once

#include "keeper/children.hpp"
#include "keeper/conversation.hpp"
#include "keeper/handover.hpp"
#include "keeper/held.hpp"
#include "keeper/helper.hpp"
#include "keeper/manager.hpp"
#include "keeper/parking.hpp"
#include "keeper/runtime.hpp"

#include <signal.h>

#include <cstdint>
#include <span>

namespace superd::keeper {

// The signals that the keeper reads instead of being interrupted by them. They
// must be blocked before it runs; from then on none is lost.
sigset_t kept_signals();

// What to execute in our place when superd is upgraded. All outlive the keeper.
struct Successor {
    const Path& program;
    std::span<const char* const> arguments;  // Without the one that names the state.
};

class Keeper {
public:
    Keeper(const Runtime& runtime, Held& held, Manager& manager, Helper supervisor, Helper logger,
           Successor successor);

    // Goes on from what another program in this process left, and replaces the parts that it
    // had started. Before run().
    void resume(const Handover& handover);

    // Returns superd's exit status.
    int run();

    // After it: the services run on, and the next superd is to find everything as it is.
    bool services_stay() const { return services_stay_; }

private:
    // --- what happened ---
    void on_signals();
    void on_children();
    void on_link();
    void on_deadlines(std::int64_t now);
    void on_supervisor_end(const Exit& exit);
    void on_logger_end(const Exit& exit);

    // --- what the supervisor asked for ---
    void obey(Request& request);
    void greet(const Message& hello);
    void hold(Request& request);
    void acknowledge(const Message& message);
    void finish(std::int32_t code);

    // --- managed.cpp ---
    void note_condition(const Message& message);
    void begin_detach();
    void detach();
    void tell_manager(std::int64_t now);
    void watch_manager();

    // --- upgrade.cpp ---
    void upgrade(const Message& message);
    Handover handover() const;
    void check_upgrade(std::int32_t records);
    void execute_successor();

    // --- what we do ---
    bool prepare();
    void start_supervisor(std::int64_t now);
    void start_logger(std::int64_t now);
    void expect_beat(std::int64_t within_ms);
    void give_up_on_hung(std::int64_t now);
    void offer_exit();
    bool find_exit(Exit& exit);
    bool find_next_exit(Exit& exit);
    void watch_link();
    void lose_link();
    // No supervisor can be started.
    bool failing() const;
    // That, and asked to stop.
    bool hopeless() const;
    void give_up();
    bool done() const;
    int wait_ms() const;
    Message describe_logger(Kind kind) const;

    const Runtime& runtime_;
    Held& held_;
    Manager& manager_;
    Parking parking_;
    Helper supervisor_;
    Helper logger_;
    Conversation conversation_;
    Successor successor_;
    os::Fd program_;  // Of the successor, once it was found fit.
    std::int32_t records_ = 0;
    bool resumed_ = false;
    os::Fd signals_;
    os::Fd epoll_;
    std::uint32_t watched_ = 0;  // Events that epoll watches the link for; 0: it does not.
    int watched_manager_ = -1;   // The socket that epoll watches for room; -1: none.
    bool more_to_park_ = false;
    std::int64_t started_realtime_ = 0;
    std::int64_t beat_due_ = 0;  // Monotonic; 0: none expected.
    std::int64_t beat_within_ = 0;
    pid_t exit_hint_ = 0;  // The kernel named this child when it last ended one.
    Children children_;
    int exits_in_a_row_ = 0;       // Without a look that found none.
    std::int64_t detach_due_ = 0;  // Asked to; it is done by then at the latest. 0: it was not.
    bool services_stay_ = false;
    bool finishing_ = false;
    int exit_code_ = 0;
};

}  // namespace superd::keeper
