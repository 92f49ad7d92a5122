// A part of superd that the keeper keeps alive: supervisor or logger.
#pragma once

#include "keeper/children.hpp"
#include "keeper/text.hpp"
#include "os/child.hpp"

#include <sys/types.h>

#include <cstdint>
#include <span>

namespace superd::keeper {

// When a part is started and started again: at once the first time, then, if it
// does not live a second, after a delay that doubles from 100 ms to 5 s.
class Helper {
public:
    // What the next program in this process must know of it.
    struct State {
        std::int32_t pid = 0, starts = 0, failures = 0, last_end = 0;
        std::int64_t started = 0, started_realtime = 0;
    };
    State state() const {
        return {pid_, starts_, failures_, last_end_, started_, started_realtime_};
    }
    void restore(const State& state);

    // `argv` ends with a null pointer and outlives the helper, as does `name`.
    constexpr Helper(const char* name, const char* const* argv) : name_{name}, argv_{argv} {}

    const char* name() const { return name_; }
    pid_t pid() const { return pid_; }  // 0: not running.
    // Starts after the first. Meaningful while it runs.
    int restarts() const { return starts_ > 0 ? starts_ - 1 : 0; }
    std::int64_t started_realtime() const { return started_realtime_; }
    std::int64_t started() const { return started_; }
    int last_end() const { return last_end_; }  // Wait status of the one before; 0: none.
    int failures() const { return failures_; }  // Starts in a row that did not last.
    std::int64_t start_due() const { return start_due_; }  // Monotonic; 0: never.

    // Starts it with 0, 1, 2 as ours and these descriptors. Sets `start_due`
    // anew if that fails, having said why.
    bool start(std::span<const os::ChildDescriptor> descriptors, std::int64_t now);

    // Its process ended; says so. Sets `start_due` unless `finishing`.
    void ended(const Exit& exit, std::int64_t now, bool finishing);

    // Signals it, if it runs.
    void signal(int number) const;

    // Ends it, if it runs, for another one: that is no failure.
    void replace(int number);

    // A signal that it may ignore must be followed by one that it cannot.
    void kill_at(std::int64_t when) { kill_due_ = when; }
    std::int64_t kill_due() const { return pid_ != 0 ? kill_due_ : 0; }

private:
    std::int64_t delay_after_failure();

    const char* name_;
    const char* const* argv_;
    pid_t pid_ = 0;
    int starts_ = 0;
    int failures_ = 0;
    int last_end_ = 0;
    std::int64_t started_ = 0;
    std::int64_t started_realtime_ = 0;
    std::int64_t start_due_ = 1;  // Long ago: at once.
    std::int64_t kill_due_ = 0;
    bool replaced_ = false;
};

}  // namespace superd::keeper
