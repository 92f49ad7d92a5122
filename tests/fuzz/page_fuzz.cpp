// Whatever a worker writes into its page, superd reads bounded and well-formed answers from it.
#include "supervisor/worker_page.hpp"

#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

using namespace superd;

namespace {

// The same file for all inputs: making one is what would cost most.
struct File {
    File() : fd{::memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING)} {
        const int cut = ::ftruncate(fd.get(), static_cast<off_t>(protocol::page_size));
        assert(cut == 0);
        ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK);
        at = ::mmap(nullptr, protocol::page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
        assert(at != MAP_FAILED);
    }
    os::Fd fd;
    void* at = nullptr;
};

// Input: pieces of (position, length, bytes), written one over the other.
void write_pieces(std::uint8_t* page, const std::uint8_t* data, std::size_t size) {
    while (size > 4) {
        const std::size_t at =
            (data[0] + 0x100UL * data[1] + 0x10000UL * data[2]) % protocol::page_size;
        const std::size_t length =
            std::min({std::size_t{data[3]}, size - 4, protocol::page_size - at});
        std::memcpy(page + at, data + 4, length);
        data += 4 + length;
        size -= 4 + length;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const File file;
    auto* const bytes = static_cast<std::uint8_t*>(file.at);
    std::memset(bytes, 0, protocol::page_size);
    auto* const written = static_cast<protocol::Page*>(file.at);
    written->header.version = protocol::page_version;
    written->header.magic = protocol::page_magic;
    write_pieces(bytes, data, size);
    const auto page = supervisor::WorkerPage::map(file.fd);
    assert(page);
    const auto head = page->head();
    const std::uint32_t used = head ? head->slots_used : 0xffff'ffff;
    assert(!head || used <= protocol::slots_max);
    for (const auto& slot : page->slots(used)) {
        assert(slot.index < protocol::slots_max && slot.beat_ns >= 0 && slot.busy_ns >= 0);
        assert(page->busy_text(slot.index).size() <= 60);
        assert(page->stack(slot.index).size() <= protocol::frames_max);
    }
    std::size_t more = 0;
    for (const auto& task : page->tasks(64, more)) {
        assert(task.id != 0 && task.name.size() <= 44 && task.file.size() <= 36);
    }
    assert(more <= protocol::tasks_max);
    for (const auto& metric : page->metrics()) assert(metric.buckets.size() <= 16);
    if (const auto crash = page->crash()) {
        assert(crash->signal > 0 && crash->signal <= 64);
        assert(!crash->slot || *crash->slot < protocol::slots_max);
    }
    return 0;
}
