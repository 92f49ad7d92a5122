// How children end, as waitid(2) tells it.
#pragma once

#include <sys/types.h>

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

}  // namespace superd::keeper
