#include "worker/shared_page.hpp"

#include "os/clock.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace superd::worker {

using protocol::Page;

Result<Page*> map_page(int fd) {
    int flags = MAP_SHARED;
    if (fd < 0) {
        flags |= MAP_ANONYMOUS;
    } else {
        struct stat found{};
        if (::fstat(fd, &found) != 0) return fail_errno(errno, "use the shared page");
        if (static_cast<std::size_t>(found.st_size) < protocol::page_size)
            return fail(std::errc::invalid_argument,
                        "use the shared page: superd and superd-worker are of different versions");
    }
    void* memory = ::mmap(nullptr, protocol::page_size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (memory == MAP_FAILED) return fail_errno(errno, "map the shared page");
    return static_cast<Page*>(memory);
}

void claim_page(Page& page, std::uint32_t worker) {
    auto& header = page.header;
    const bool known =
        header.magic.load() == protocol::page_magic && header.version == protocol::page_version;
    const bool fresh = header.magic.load() == 0;
    header.magic.store(0, std::memory_order_release);
    if (!fresh) {
        // Entries are handed out from the first, so none beyond these was ever used.
        const auto slots = std::min<std::size_t>(header.slots_used.load(), page.slots.size());
        const auto tasks = std::min<std::size_t>(header.tasks_begun.load(), page.tasks.size());
        for (std::size_t i = 0; i < (known ? slots : page.slots.size()); ++i)
            page.slots[i].kind.store(0);
        for (std::size_t i = 0; i < (known ? tasks : page.tasks.size()); ++i)
            page.tasks[i].id.store(0);
        if (!known) std::memset(static_cast<void*>(&page.metrics), 0, sizeof page.metrics);
    }
    page.crash.signal.store(0);
    header.version = protocol::page_version;
    header.pid = static_cast<std::uint32_t>(::getpid());
    header.slots = protocol::slots_max;
    header.tasks = protocol::tasks_max;
    header.metrics = protocol::metrics_max;
    header.worker = worker;
    header.started_ns = static_cast<std::uint64_t>(os::monotonic_now());
    header.stopping.store(0);
    header.slots_used.store(0);
    header.tasks_begun.store(0);
    header.tasks_lost.store(0);
    header.magic.store(protocol::page_magic, std::memory_order_release);
}

}  // namespace superd::worker
