#include "supervisor/spawn_slot.hpp"

#include "os/fd.hpp"

#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace superd::supervisor {

struct SpawnSlot::Page {
    std::uint64_t magic;
    core::RunId run;
    pid_t pid;
};

namespace {

constexpr std::size_t page_size = 4096;
constexpr std::uint64_t magic = 0x31'6e77'6170'7364;  // "dspawn1"

}  // namespace

void SpawnSlot::Unmap::operator()(Page* page) const { ::munmap(page, page_size); }

Result<SpawnSlot> SpawnSlot::open(const std::string& path, Left& left) {
    const os::Fd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    // Its block is wanted now: a full disk later would be a SIGBUS.
    const int error = fd ? ::posix_fallocate(fd.get(), 0, page_size) : errno;
    if (error != 0) return fail_errno(error, "make " + path);
    void* const mapped =
        ::mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (mapped == MAP_FAILED) {
        const int cause = errno;
        return fail_errno(cause, "map " + path);
    }
    auto* const page = static_cast<Page*>(mapped);
    left = page->magic == magic ? Left{page->run, page->pid} : Left{};
    page->magic = magic;
    return SpawnSlot{page};
}

pid_t* SpawnSlot::begin(core::RunId run) {
    // In this order, whatever the compiler thinks of it: a run's number must
    // never stand beside the pid of the run before.
    page_->run = 0;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    page_->pid = 0;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    page_->run = run;
    return &page_->pid;
}

pid_t SpawnSlot::pid() const { return *const_cast<const volatile pid_t*>(&page_->pid); }

}  // namespace superd::supervisor
