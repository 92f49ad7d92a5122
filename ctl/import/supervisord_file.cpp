// The text of supervisord's files: sections, values over several lines, comments.
#include "ctl/import/supervisord.hpp"
#include "ctl/import/text.hpp"

#include <algorithm>
#include <array>

namespace superctl::importing {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// " ; ..." and " # ..." after a value are comments. As Python's configparser looks for them: for
// the next ; and the next # at once, until one of both begins a comment, so that in "a;b # c ; d"
// the ; does not count.
std::string_view without_comment(std::string_view line) {
    std::array<std::size_t, 2> at{line.find(';'), line.find('#')};
    while (at[0] != line.npos || at[1] != line.npos) {
        std::size_t begin = line.npos;
        for (auto& each : at) {
            if (each == line.npos) continue;
            if (each == 0 || is_blank(line[each - 1])) begin = std::min(begin, each);
            each = line.find(line[each], each + 1);
        }
        if (begin != line.npos) return line.substr(0, begin);
    }
    return line;
}

bool is_comment(std::string_view line) {
    const auto text = trimmed(line);
    return text.starts_with('#') || text.starts_with(';');
}

// The one of that name, which goes on, or a new one at the end.
IniSection& section_of(std::vector<IniSection>& sections, std::string_view name, unsigned line) {
    const auto found = std::ranges::find(sections, name, &IniSection::name);
    if (found != sections.end()) return *found;
    return sections.emplace_back(IniSection{std::string{name}, line, {}});
}

// What is said again takes the place of what was said before.
IniSection::Entry& entry_of(IniSection& section, IniSection::Entry entry) {
    const auto found = std::ranges::find(section.entries, entry.key, &IniSection::Entry::key);
    if (found == section.entries.end()) return section.entries.emplace_back(std::move(entry));
    return *found = std::move(entry);
}

}  // namespace

const IniSection::Entry* IniSection::find(std::string_view key) const {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &*found;
}

std::vector<IniSection> parse_ini(const InputFile& file, std::vector<Note>& notes) {
    std::vector<IniSection> sections;
    unsigned number = 0;
    // Which is added to: its index, as others are added before it.
    std::size_t section = 0;
    IniSection::Entry* entry = nullptr;  // Of that section; until the next one.
    std::size_t indent = 0;
    for (const auto line : lines_of(file.text)) {
        ++number;
        const auto text = trimmed(without_comment(line));
        if (text.empty() || is_comment(line)) continue;
        const auto own_indent = std::min(line.find_first_not_of(" \t"), line.size());
        if (entry != nullptr && own_indent > indent) {
            entry->value += "\n" + std::string{text};
            continue;
        }
        indent = own_indent;
        if (text.front() == '[') {
            auto& found =
                section_of(sections, trimmed(text.substr(1, text.rfind(']') - 1)), number);
            section = static_cast<std::size_t>(&found - sections.data());
            entry = nullptr;
            continue;
        }
        const auto mark = text.find_first_of("=:");
        if (mark == text.npos || sections.empty()) {
            notes.push_back(
                {{file.path, number}, Weight::lost, "expected KEY=VALUE in a section", {}});
            continue;
        }
        entry = &entry_of(sections[section], {lowered(trimmed(text.substr(0, mark))),
                                              std::string{trimmed(text.substr(mark + 1))}, number});
    }
    return sections;
}

std::vector<std::string> supervisord_includes(const InputFile& file) {
    std::vector<Note> ignored;
    std::vector<std::string> patterns;
    for (const auto& section : parse_ini(file, ignored)) {
        const auto* const files = section.name == "include" ? section.find("files") : nullptr;
        if (files == nullptr) continue;
        for (const auto word : words_of(files->value)) {
            std::string pattern{word};
            constexpr std::string_view here = "%(here)s";
            if (pattern.starts_with(here)) pattern.replace(0, here.size(), file.directory);
            if (!pattern.starts_with('/')) pattern.insert(0, file.directory + "/");
            patterns.push_back(std::move(pattern));
        }
    }
    return patterns;
}

}  // namespace superctl::importing
