// RUNTIME/records.spawn: the run that is being spawned, in one mapped page.
//
// The kernel stores the child's pid there before the child's first instruction
// (CLONE_PARENT_SETTID), so that a supervisor which dies in the middle of a
// spawn leaves no child behind that nobody knows.
#pragma once

#include "base/result.hpp"
#include "core/instance.hpp"

#include <sys/types.h>

#include <memory>
#include <string>

namespace superd::supervisor {

class SpawnSlot {
public:
    // What the supervisor before us was about to do.
    struct Left {
        core::RunId run = 0;  // 0: nothing.
        pid_t pid = 0;        // 0: the child was never made.
    };

    static Result<SpawnSlot> open(const std::string& path, Left& left);

    // Announces a spawn; the result is where os::spawn has the pid stored.
    pid_t* begin(core::RunId run);
    // Of the spawn that was announced last; 0: no child was made.
    pid_t pid() const;

private:
    struct Page;
    struct Unmap {
        void operator()(Page* page) const;
    };
    explicit SpawnSlot(Page* page) : page_{page} {}

    std::unique_ptr<Page, Unmap> page_;
};

}  // namespace superd::supervisor
