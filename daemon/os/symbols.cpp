#include "os/symbols.hpp"

#include "os/file.hpp"
#include "os/proc_fields.hpp"

#include <cxxabi.h>
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

namespace superd::os {
namespace {

constexpr std::size_t maps_bytes_max = 1u << 20;
constexpr std::size_t segments_max = 256, sections_max = 4096;
constexpr std::uint64_t symbols_bytes_max = 16u << 20;
constexpr std::size_t name_max = 1024, shown_max = 160;

template <class Struct>
bool read_at(const Fd& file, std::uint64_t at, std::span<Struct> out) {
    const std::size_t size = out.size_bytes();
    return at < std::uint64_t{1} << 62 &&
           ::pread(file.get(), out.data(), size, static_cast<off_t>(at)) ==
               static_cast<ssize_t>(size);
}

template <class Struct>
std::vector<Struct> read_table(const Fd& file, std::uint64_t at, std::size_t count,
                               std::size_t most) {
    std::vector<Struct> table(std::min(count, most));
    if (!read_at(file, at, std::span{table})) table.clear();
    return table;
}

bool is_ours(const Elf64_Ehdr& header) {
    return std::equal(header.e_ident, header.e_ident + SELFMAG, ELFMAG) &&
           header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
           header.e_phentsize == sizeof(Elf64_Phdr) && header.e_shentsize == sizeof(Elf64_Shdr);
}

// Offsets in the file as addresses, as the symbols have them; 0: in no segment.
std::vector<std::uint64_t> to_addresses(const Fd& file, const Elf64_Ehdr& header,
                                        std::span<const std::uint64_t> offsets) {
    const auto segments =
        read_table<Elf64_Phdr>(file, header.e_phoff, header.e_phnum, segments_max);
    std::vector<std::uint64_t> addresses;
    for (const std::uint64_t offset : offsets) {
        const auto holds = [offset](const Elf64_Phdr& each) {
            return each.p_type == PT_LOAD && offset >= each.p_offset &&
                   offset - each.p_offset < each.p_filesz;
        };
        const auto found = std::ranges::find_if(segments, holds);
        addresses.push_back(found == segments.end() ? 0
                                                    : offset - found->p_offset + found->p_vaddr);
    }
    return addresses;
}

// The whole table if the file has it, else what the dynamic linker needs.
struct SymbolTable {
    Elf64_Shdr symbols{}, names{};
};
std::optional<SymbolTable> find_table(const Fd& file, const Elf64_Ehdr& header) {
    const auto sections =
        read_table<Elf64_Shdr>(file, header.e_shoff, header.e_shnum, sections_max);
    for (const Elf64_Word type : {Elf64_Word{SHT_SYMTAB}, Elf64_Word{SHT_DYNSYM}}) {
        for (const Elf64_Shdr& each : sections) {
            if (each.sh_type != type || each.sh_link >= sections.size()) continue;
            return SymbolTable{each, sections[each.sh_link]};
        }
    }
    return {};
}

std::string read_name(const Fd& file, const Elf64_Shdr& names, std::uint64_t at) {
    std::string name(name_max, '\0');
    if (at >= names.sh_size || names.sh_offset >= std::uint64_t{1} << 62) return {};
    const ssize_t count = ::pread(file.get(), name.data(), std::min(name_max, names.sh_size - at),
                                  static_cast<off_t>(names.sh_offset + at));
    name.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return name.substr(0, name.find('\0'));
}

// The narrowest function that holds the address.
struct Candidate {
    Elf64_Sym symbol{};
    bool found = false;
};
void match(const Elf64_Sym& symbol, std::span<const std::uint64_t> addresses,
           std::vector<Candidate>& best) {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_value == 0) return;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const std::uint64_t address = addresses[i];
        if (address < symbol.st_value || address - symbol.st_value >= symbol.st_size) continue;
        if (best[i].found && best[i].symbol.st_size <= symbol.st_size) continue;
        best[i] = {symbol, true};
    }
}

std::string readable(const std::string& name) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text{
        abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free};
    std::string out = status == 0 && text ? text.get() : name;
    if (out.size() > shown_max) {
        out.resize(shown_max);
        out += "...";
    }
    return out;
}

std::string hexadecimal(std::uint64_t number) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(number));
    return text.data();
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::vector<CodeMapping> parse_code_mappings(std::string_view text) {
    std::vector<CodeMapping> found;
    while (!text.empty() && found.size() < mappings_max) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        // 7f0c…-7f0c… r-xp 00002000 08:01 123456     /usr/lib/…
        const auto range = next_word(line), rights = next_word(line), offset = next_word(line);
        next_word(line);
        next_word(line);
        const auto dash = range.find('-');
        if (!rights.contains('x') || dash == range.npos) continue;
        CodeMapping mapping;
        mapping.begin = number<std::uint64_t>(range.substr(0, dash), 16);
        mapping.end = number<std::uint64_t>(range.substr(dash + 1), 16);
        mapping.offset = number<std::uint64_t>(offset, 16);
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        mapping.path = line;
        found.push_back(std::move(mapping));
    }
    return found;
}

std::vector<CodeMapping> code_mappings(pid_t pid) {
    const auto text = read_file("/proc/" + std::to_string(pid) + "/maps", maps_bytes_max);
    return text ? parse_code_mappings(*text) : std::vector<CodeMapping>{};
}

std::vector<std::optional<Symbol>> find_symbols(const Fd& file,
                                                std::span<const std::uint64_t> offsets) {
    std::vector<std::optional<Symbol>> found(offsets.size());
    Elf64_Ehdr header{};
    if (!read_at(file, 0, std::span{&header, 1}) || !is_ours(header)) return found;
    const auto table = find_table(file, header);
    if (!table) return found;
    const auto addresses = to_addresses(file, header, offsets);
    std::vector<Candidate> best(offsets.size());
    std::vector<Elf64_Sym> block(2048);
    const std::uint64_t size = std::min(table->symbols.sh_size, symbols_bytes_max);
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= size;) {
        const auto count = std::min<std::uint64_t>(block.size(), (size - at) / sizeof(Elf64_Sym));
        const std::span part{block.data(), static_cast<std::size_t>(count)};
        if (!read_at(file, table->symbols.sh_offset + at, part)) break;
        for (const Elf64_Sym& symbol : part) match(symbol, addresses, best);
        at += part.size_bytes();
    }
    for (std::size_t i = 0; i < best.size(); ++i) {
        if (!best[i].found) continue;
        auto name = read_name(file, table->names, best[i].symbol.st_name);
        if (name.empty()) continue;
        found[i] = Symbol{std::move(name), addresses[i] - best[i].symbol.st_value};
    }
    return found;
}

std::vector<std::string> describe_stack(std::span<const CodeMapping> mappings,
                                        std::span<const std::uint64_t> addresses) {
    std::vector<std::string> lines(addresses.size());
    struct Places {
        std::vector<std::size_t> lines;
        std::vector<std::uint64_t> offsets;
    };
    std::map<std::string, Places> files;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const std::uint64_t address = addresses[i];
        lines[i] = hexadecimal(address);
        const auto holds = [address](const CodeMapping& each) {
            return address >= each.begin && address < each.end;
        };
        const auto mapping = std::ranges::find_if(mappings, holds);
        if (mapping == mappings.end() || mapping->path.empty()) continue;
        const std::uint64_t offset = address - mapping->begin + mapping->offset;
        lines[i] = last_part(mapping->path) + "+" + hexadecimal(offset);
        if (!mapping->path.starts_with('/')) continue;
        Places& places = files[mapping->path];
        places.lines.push_back(i);
        // A call may be the last of a function: what it returns to is another one then.
        places.offsets.push_back(i == 0 || offset == 0 ? offset : offset - 1);
    }
    for (const auto& [path, places] : files) {
        const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        if (!file) continue;
        const auto symbols = find_symbols(file, places.offsets);
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            if (!symbols[i]) continue;
            const std::size_t line = places.lines[i];
            const std::uint64_t into = symbols[i]->offset + (line == 0 ? 0 : 1);
            lines[line] =
                readable(symbols[i]->name) + "+" + hexadecimal(into) + " (" + last_part(path) + ")";
        }
    }
    return lines;
}

}  // namespace superd::os
