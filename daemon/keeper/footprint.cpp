#include "keeper/footprint.hpp"

#include <sys/mman.h>

#include <unistd.h>

#include <cstdint>

// Where the linker put the program's read-only part. Nothing writes there, not
// even the loader, so every page can be read from the file again.
extern "C" const char __executable_start;
extern "C" const char etext;

namespace superd::keeper {

void shed_start_up_pages() {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(&__executable_start) & ~(page - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(&etext) & ~(page - 1);
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace superd::keeper
