// Being told when control groups become empty: one descriptor for all of them.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace superd::os {

// An inotify(7) descriptor on the cgroup.events of many groups.
//
// An event says only that something changed: ask CgroupParent::populated. Ask
// too right after add(), for what happened before it is not told. The kernel
// sends at most one event each 10 ms and group, so the first is the fast one.
class CgroupWatch {
public:
    static Result<CgroupWatch> open();

    // Readable when there are events. Non-blocking.
    int descriptor() const { return fd_.get(); }

    // Watches the group whose cgroup.events is at `events_path` (see
    // CgroupParent::events_path). A path that is watched already gets the new id.
    Result<void> add(const std::string& events_path, std::uint64_t id);
    // Before the group itself is removed, for the kernel tells nothing of that
    // and keeps the watch. One that is not watched is ignored.
    void remove(std::uint64_t id);

    // The ids of the groups that changed since the last reading, each once.
    // All of them when the kernel's queue overflowed.
    std::vector<std::uint64_t> read();

private:
    explicit CgroupWatch(Fd fd) : fd_{std::move(fd)} {}

    Fd fd_;
    std::unordered_map<int, std::uint64_t> ids_;      // By watch descriptor.
    std::unordered_map<std::uint64_t, int> watches_;  // By id.
};

}  // namespace superd::os
