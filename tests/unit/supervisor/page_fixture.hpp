// A worker's page as a test writes it.
#pragma once

#include "supervisor/worker_page.hpp"

#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string_view>

namespace superd::supervisor {

class WrittenPage {
public:
    explicit WrittenPage(std::size_t size = protocol::page_size, int seals = F_SEAL_SHRINK,
                         const char* name = "page")
        : fd{::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)} {
        if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
            throw std::runtime_error{"memfd"};
        if (seals != 0) ::fcntl(fd.get(), F_ADD_SEALS, seals);
        void* const at =
            ::mmap(nullptr, protocol::page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
        if (at == MAP_FAILED) throw std::runtime_error{"mmap"};
        page = static_cast<protocol::Page*>(at);
    }
    WrittenPage(const WrittenPage&) = delete;
    WrittenPage& operator=(const WrittenPage&) = delete;
    ~WrittenPage() { ::munmap(page, protocol::page_size); }

    // As a worker does that takes the page over.
    void begin(std::uint32_t pid) const {
        page->header.version = protocol::page_version;
        page->header.pid = pid;
        page->header.worker = 1;
        page->header.started_ns = 5;
        page->header.magic = protocol::page_magic;
    }
    protocol::Slot& slot(std::uint32_t index, protocol::SlotKind kind, std::uint32_t tid) const {
        auto& slot = page->slots[index];
        slot.kind = static_cast<std::uint32_t>(kind);
        slot.tid = tid;
        if (page->header.slots_used <= index) page->header.slots_used = index + 1;
        return slot;
    }
    template <std::size_t size>
    static void write(protocol::SharedText<size>& to, std::string_view text) {
        to.version += 1;
        std::memset(to.text.data(), 0, to.text.size());
        std::memcpy(to.text.data(), text.data(), std::min(text.size(), to.text.size()));
        to.version += 1;
    }
    WorkerPage mapped() const { return WorkerPage::map(fd).value(); }

    os::Fd fd;
    protocol::Page* page = nullptr;
};

}  // namespace superd::supervisor
