// Whether the threads of a worker stall, why, and what follows. Pure: who looks at the worker, and
// how, is the shell's.
//
// A worker notes signs of life in a page that superd reads (units/protocol). A thread that is
// silent for long is looked at more closely, by what the kernel tells of it; that it is silent is a
// fact of the worker's, why it is so is one of the kernel's. Nobody is blamed for what was not his:
// time in which superd itself was away, or in which the thread wanted to run and had no processor,
// does not count as silence.
#pragma once

#include "core/time.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superd::core {

// What follows when a thread has stalled for as long as it may. Each does what those before it do.
enum class OnStall : std::uint8_t {
    log,      // It is told.
    trace,    // Where it stalls is told, too.
    replace,  // Another worker takes its place, and it ends.
    kill,     // It is killed, and started again as after any failure.
};

struct StallRule {
    Duration warn = std::chrono::milliseconds{250};  // Silent for so long: told. 0: never.
    Duration timeout = std::chrono::seconds{5};      // And for so long: stalled. 0: never.
    Duration task_timeout{};                         // A thread may work on one task. 0: for ever.
    OnStall on_stall = OnStall::trace;
    friend bool operator==(const StallRule&, const StallRule&) = default;
};

// As units/protocol has it: what silence means differs.
enum class SlotKind : std::uint8_t {
    loop,     // An event loop beats by itself, whether it has anything to do or not.
    thread,   // Beats when it begins a task, and within one if it likes.
    process,  // As a thread; one that has no tasks but beats is expected to go on with that.
};

// One slot of the page at a moment.
struct SlotSample {
    std::uint32_t slot = 0;
    SlotKind kind{};
    std::int32_t tid = 0;
    Instant beat{}, busy{};  // Last sign of life; since when it works on its task. Epoch: none.
    std::uint64_t done = 0;  // Tasks.
};

// What the kernel tells of a thread.
struct ThreadFacts {
    char state = '?';          // As proc(5) has it.
    Duration ran{}, waited{};  // On a processor, and for one, in its whole life.
    std::string channel;       // Function of the kernel in which it sleeps.
    std::string call;          // System call in which it sleeps.
};

// A closer look at a slot that was suspected.
struct SlotLook {
    SlotSample sample;
    ThreadFacts facts;
    std::string task;  // What it works on; empty: it told no name.
};

enum class StallCause : std::uint8_t {
    unknown,
    computing,
    starved,  // It wants to run, and others have the processors.
    lock,
    disk,
    call,     // Blocked in a system call.
    events,   // Waits for events, as a loop should.
    stopped,  // By a signal.
    traced,   // By a debugger.
    frozen,   // With its control group.
};

struct StallTurn {
    enum class Kind : std::uint8_t {
        silent,     // For longer than StallRule::warn.
        stalled,    // For as long as it may be.
        overdue,    // It works on one task for longer than it may.
        recovered,  // It gave a sign of life, or is done with the task.
    };
    Kind kind{};
    SlotSample sample;
    Duration lasted{};  // What the kind is about.
    StallCause cause{};
    ThreadFacts facts;
    double cpu = 0, wait = 0;  // Shares of one processor, and of the time without one.
    std::string task;
    std::uint32_t untold = 0;  // Turns before this one that were too many to be told.
    // The worker is to be ended as the rule says: stalled and overdue, but for what is stopped by
    // a debugger or frozen. While it lasts that is told once a minute: what was done may have
    // failed.
    bool acts = false;
};

// Why a thread gives no sign of life, from what the kernel told at two moments.
StallCause judge_cause(const ThreadFacts& before, const ThreadFacts& after, Duration between);

// "loop of thread 4711 silent for 500 ms, state R, cpu 98 %: CPU-bound code in the loop"
std::string describe(const StallTurn& turn);
std::string_view to_string(StallTurn::Kind kind);
std::string_view to_string(StallCause cause);
std::string_view to_string(SlotKind kind);

// Watches one run of a worker, from the moment that it is ready.
class StallWatch {
public:
    explicit StallWatch(Instant since) : since_{since} {}

    // superd did not look for a while: what was before is void.
    void away(Instant now);

    // First in each round: finds the slots that are to be looked at more closely, in `suspects`,
    // and tells which have recovered.
    std::vector<StallTurn> look(const StallRule& rule, std::span<const SlotSample> samples,
                                Instant now, std::vector<SlotSample>& suspects);
    // Then, with what was seen of them.
    std::vector<StallTurn> judge(const StallRule& rule, std::span<const SlotLook> looks,
                                 Instant now);

private:
    struct Suspect {
        SlotSample sample;
        Instant quiet_since{};
        bool looked = false;
        Instant first_at{};  // Of the first closer look in this silence.
        ThreadFacts first, last;
        Duration waited_before{};  // For a processor, in this task, before this silence.
        bool silent = false, stalled = false, overdue = false;  // Found, and perhaps told.
        bool told = false;                                      // Any of it.
        Instant acted_at{};                                     // When that was last asked for.
    };

    Instant quiet_since(const SlotSample& sample);
    bool suspicious(const StallRule& rule, const SlotSample& sample, Instant now);
    bool continues(Suspect& before, const SlotSample& sample, std::vector<StallTurn>& turns);
    StallTurn turn_of(const Suspect& suspect, const SlotLook& look, Instant now) const;
    void judge_silence(const StallRule& rule, Suspect& suspect, StallTurn turn,
                       std::vector<StallTurn>& turns, Instant now);
    void judge_task(const StallRule& rule, Suspect& suspect, StallTurn turn,
                    std::vector<StallTurn>& turns, Instant now);
    bool may_tell(Instant now);

    Instant since_;
    std::map<std::uint32_t, Suspect> suspects_;
    std::map<std::uint32_t, Instant> first_beats_;  // Of processes.
    std::deque<Instant> told_;                      // Silences, in the last minute.
    std::uint32_t untold_ = 0;
};

// How often the slots are to be looked at for this rule.
Duration look_every(const StallRule& rule);

}  // namespace superd::core
