#include "os/cgroup_watch.hpp"

#include <sys/inotify.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace superd::os {

Result<CgroupWatch> CgroupWatch::open() {
    Fd fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    if (!fd) return fail_errno(errno, "watch cgroups with inotify");
    return CgroupWatch{std::move(fd)};
}

Result<void> CgroupWatch::add(const std::string& events_path, std::uint64_t id) {
    const int watch = ::inotify_add_watch(fd_.get(), events_path.c_str(), IN_MODIFY);
    if (watch < 0) {
        const int saved = errno;
        const char* hint = saved == ENOSPC ? " (raise fs.inotify.max_user_watches)" : "";
        return fail_errno(saved, "watch " + events_path + hint);
    }
    // The id may have watched another group, and this group may have had another id.
    if (const auto old = watches_.find(id); old != watches_.end() && old->second != watch)
        remove(id);
    if (const auto old = ids_.find(watch); old != ids_.end()) watches_.erase(old->second);
    ids_[watch] = id;
    watches_[id] = watch;
    return {};
}

void CgroupWatch::remove(std::uint64_t id) {
    const auto found = watches_.find(id);
    if (found == watches_.end()) return;
    ::inotify_rm_watch(fd_.get(), found->second);
    ids_.erase(found->second);
    watches_.erase(found);
}

std::vector<std::uint64_t> CgroupWatch::read() {
    std::vector<std::uint64_t> changed;
    bool overflow = false;
    alignas(inotify_event) std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t size = ::read(fd_.get(), bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) break;
        for (const char* at = bytes.data(); at < bytes.data() + size;) {
            inotify_event event{};
            std::memcpy(&event, at, sizeof event);
            at += sizeof event + event.len;
            overflow = overflow || (event.mask & IN_Q_OVERFLOW) != 0;
            // A number that is not known: removed by us while this event was queued.
            const auto found = ids_.find(event.wd);
            if (found == ids_.end()) continue;
            changed.push_back(found->second);
            if ((event.mask & IN_IGNORED) != 0) {  // The group was removed, and with it the watch.
                watches_.erase(found->second);
                ids_.erase(found);
            }
        }
    }
    if (overflow) {
        for (const auto& [id, watch] : watches_) changed.push_back(id);
    }
    std::ranges::sort(changed);
    changed.erase(std::ranges::unique(changed).begin(), changed.end());
    return changed;
}

}  // namespace superd::os
