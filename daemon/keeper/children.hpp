// How children end, as waitid(2) tells it.
#pragma once

#include "os/fd.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace superd::keeper {

// One child's end.
struct Exit {
    pid_t pid = 0;
    int code = 0;    // CLD_EXITED, CLD_KILLED or CLD_DUMPED.
    int status = 0;  // Exit status or signal.
    std::int64_t cpu_us = 0;
    std::int64_t rss_kib = 0;  // At its peak.

    // As wait(2) would have told it.
    int wait_status() const;
};

// Looks whether a child (0: any) has ended and leaves it a zombie, so that its
// pid stays taken. False: it has not, or is no child of ours.
bool peek_exit(pid_t pid, Exit& exit);

// Lets the zombie go.
void reap(pid_t pid);

// Our children, as the kernel lists them. It shows the first zombie only, and
// shows it until it is reaped; who wants to see several must go through all.
// Those who are born or reaped meanwhile may be passed over in this round.
class Children {
public:
    // False: the kernel does not list them (CONFIG_PROC_CHILDREN).
    bool begin();
    // The next one; 0: the round is over.
    pid_t next();

private:
    os::Fd list_;  // Empty: no round is on.
    std::array<char, 4096> text_;
    std::size_t size_ = 0, at_ = 0;
};

}  // namespace superd::keeper
