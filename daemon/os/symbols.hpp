// Names for addresses in other processes: which file is mapped there, and which function of it.
//
// The files are whatever a service has loaded, so nothing in them is trusted; they are read, never
// mapped, as a file that is cut while it is mapped would end this process.
#pragma once

#include "os/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superd::os {

// A part of a process' memory that holds code.
struct CodeMapping {
    std::uint64_t begin = 0, end = 0;
    std::uint64_t offset = 0;  // In the file.
    std::string path;          // "[vdso]" and the like; empty: of no file.
};

// From the text of /proc/PID/maps; at most `mappings_max` of them.
inline constexpr std::size_t mappings_max = 1024;
std::vector<CodeMapping> parse_code_mappings(std::string_view text);
// Of a process that lives.
std::vector<CodeMapping> code_mappings(pid_t pid);

// A function of a file, and how far into it.
struct Symbol {
    std::string name;  // As the linker has it.
    std::uint64_t offset = 0;
};
// For each place in the file (an offset, as in CodeMapping) its function, if the file's table of
// symbols has it. One pass, however many there are.
std::vector<std::optional<Symbol>> find_symbols(const Fd& file,
                                                std::span<const std::uint64_t> offsets);

// "Chat::connection()+0x1c (libchat.so)", "libchat.so+0x1234", "0x7f12": a line an address. The
// first is where the process is, the others are where it will return to.
std::vector<std::string> describe_stack(std::span<const CodeMapping> mappings,
                                        std::span<const std::uint64_t> addresses);

}  // namespace superd::os
