#include "supervisor/own_page.hpp"

#include "os/process.hpp"
#include "supervisor/pages.hpp"
#include "supervisor/worker_page.hpp"

#include <sys/stat.h>

#include <utility>

namespace superd::supervisor {
namespace {

// It is open from the worker's first moment: however many follow, nobody waits for superd to look.
constexpr std::size_t looked_at = 1024;

// As superd makes them, to the byte: no file of huge pages is, which may lack when they are read.
bool is_page(const os::Fd& fd) {
    struct stat status{};
    return WorkerPage::map(fd) && ::fstat(fd.get(), &status) == 0 &&
           status.st_size == static_cast<off_t>(protocol::page_size);
}

}  // namespace

Result<os::Fd> own_page(pid_t pid, const os::Fd& pidfd) {
    auto numbers = os::descriptors_of(pid);
    if (numbers.empty() && os::is_dying(pid)) return os::Fd{};
    if (numbers.empty()) {
        return fail(std::errc::permission_denied, "see the descriptors of a process");
    }
    if (numbers.size() > looked_at) numbers.resize(looked_at);
    os::Fd unclaimed;
    for (const int number : numbers) {
        if (os::descriptor_target(pid, number) != Pages::shown) continue;
        auto fd = os::pidfd_getfd(pidfd, number);
        if (!fd && fd.error().code == std::errc::operation_not_permitted) return fd;
        if (!fd || !is_page(*fd)) continue;
        const auto head = WorkerPage::map(*fd)->head();
        if (head && head->pid == pid) return fd;
        if (!head) unclaimed = *std::move(fd);  // It has only just begun.
    }
    return unclaimed;
}

}  // namespace superd::supervisor
