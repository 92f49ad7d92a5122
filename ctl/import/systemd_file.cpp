#include "ctl/import/systemd_file.hpp"

#include "ctl/import/text.hpp"

#include <algorithm>

namespace superctl::importing {

namespace {

bool is_comment(std::string_view line) {
    const auto text = trimmed(line);
    return text.empty() || text.front() == '#' || text.front() == ';';
}

// What has continued lines is one line; a comment between them is passed over.
struct Joined {
    std::string text;
    unsigned line = 0;
};

// Of an even number of backslashes each second one is escaped, and so is no continuation.
bool goes_on(std::string_view line) {
    const auto last = line.find_last_not_of('\\');
    const auto count = last == line.npos ? line.size() : line.size() - last - 1;
    return count % 2 == 1;
}

std::vector<Joined> join_lines(std::string_view text) {
    std::vector<Joined> joined;
    bool continued = false;
    unsigned number = 0;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    for (auto line : lines_of(text)) {
        ++number;
        if (is_comment(line)) {
            // An empty line ends what is continued, a comment does not.
            if (trimmed(line).empty()) continued = false;
            continue;
        }
        const bool unfinished = goes_on(line);
        if (unfinished) line.remove_suffix(1);
        if (continued) {
            joined.back().text += ' ';
            joined.back().text += trimmed(line);
        } else {
            joined.push_back({std::string{line}, number});
        }
        continued = unfinished;
    }
    return joined;
}

}  // namespace

std::vector<Assignment> parse_systemd_file(const InputFile& file, std::vector<Note>& notes) {
    std::vector<Assignment> found;
    std::string section;
    for (const auto& [line, number] : join_lines(file.text)) {
        const auto text = trimmed(line);
        const Place place{file.path, number};
        if (text.starts_with('[')) {
            if (text.ends_with(']')) {
                section = text.substr(1, text.size() - 2);
            } else {
                notes.push_back({place, Weight::lost, "a section without its ]", {}});
            }
            continue;
        }
        const auto equals = text.find('=');
        if (equals == text.npos || section.empty()) {
            notes.push_back({place,
                             Weight::lost,
                             equals == text.npos ? "expected KEY=VALUE"
                                                 : "an assignment before the first [SECTION]",
                             {}});
            continue;
        }
        found.push_back({section, std::string{trimmed(text.substr(0, equals))},
                         std::string{trimmed(text.substr(equals + 1))}, place});
    }
    return found;
}

void SystemdUnit::add(std::vector<Assignment> more) {
    std::ranges::move(more, std::back_inserter(assignments_));
}

std::vector<const Assignment*> SystemdUnit::all(std::string_view section,
                                                std::string_view key) const {
    asked_.emplace(section, key);
    std::vector<const Assignment*> found;
    for (const auto& each : assignments_) {
        if (each.section != section || each.key != key) continue;
        if (each.value.empty()) {
            found.clear();
        } else {
            found.push_back(&each);
        }
    }
    return found;
}

const Assignment* SystemdUnit::last(std::string_view section, std::string_view key) const {
    const auto found = all(section, key);
    return found.empty() ? nullptr : found.back();
}

bool SystemdUnit::has_section(std::string_view section) const {
    return std::ranges::find(assignments_, section, &Assignment::section) != assignments_.end();
}

std::vector<const Assignment*> SystemdUnit::left_over() const {
    std::vector<const Assignment*> left;
    for (const auto& each : assignments_) {
        if (each.value.empty() || asked_.contains(std::pair{each.section, each.key})) continue;
        left.push_back(&each);
    }
    return left;
}

SystemdName parse_systemd_name(std::string_view name) {
    SystemdName out;
    out.whole = name;
    const auto dot = name.rfind('.');
    out.stem = name.substr(0, dot);
    if (dot != name.npos) out.suffix = name.substr(dot + 1);
    const auto at = out.stem.find('@');
    out.prefix = out.stem.substr(0, at);
    if (at != out.stem.npos) out.instance = out.stem.substr(at + 1);
    out.is_template = at != out.stem.npos && out.instance.empty();
    return out;
}

std::vector<std::string> systemd_drop_in_owners(const SystemdName& name) {
    std::vector<std::string> owners{name.whole};
    const auto add = [&](const std::string& stem) { owners.push_back(stem + "." + name.suffix); };
    const bool instance = !name.instance.empty();
    if (instance) add(name.prefix + "@");
    for (auto dash = name.prefix.rfind('-'); dash != std::string::npos && dash > 0;
         dash = name.prefix.rfind('-', dash - 1)) {
        const auto shorter = name.prefix.substr(0, dash + 1);
        if (shorter == name.prefix) continue;
        if (instance) {
            add(shorter + "@" + name.instance);
            add(shorter + "@");
        } else {
            add(shorter);
        }
    }
    owners.push_back(name.suffix);
    return owners;
}

namespace {

// "dev-sda1" is what systemd calls /dev/sda1, and "\x2d" a dash in it.
std::string unescaped(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '-') {
            out += '/';
        } else if (text.substr(i).starts_with("\\x") && i + 3 < text.size() &&
                   hex.contains(text[i + 2]) && hex.contains(text[i + 3])) {
            out += static_cast<char>(hex.find(text[i + 2]) * 16 + hex.find(text[i + 3]));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

// Those of a system's services; empty for what depends on the machine.
std::optional<std::string> specifier(char c, const SystemdName& name) {
    switch (c) {
        case '%': return "%";
        case 'n': return name.whole;
        case 'N': return name.stem;
        case 'p': return name.prefix;
        case 'P': return unescaped(name.prefix);
        case 'i': return name.instance;
        case 'I': return unescaped(name.instance);
        case 'j': return name.prefix.substr(name.prefix.rfind('-') + 1);
        case 't': return "/run";
        case 'S': return "/var/lib";
        case 'C': return "/var/cache";
        case 'L': return "/var/log";
        case 'E': return "/etc";
        case 'T': return "/tmp";
        case 'V': return "/var/tmp";
        case 'h': return "/root";
        case 'u': return "root";
        case 'U': return "0";
        case 'g': return "root";
        case 'G': return "0";
        case 's': return "/bin/sh";
        case 'f': return "/" + unescaped(name.instance.empty() ? name.prefix : name.instance);
        default: return {};
    }
}

}  // namespace

std::string replace_specifiers(std::string_view text, const SystemdName& name,
                               std::string& problem) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        if (const auto value = specifier(text[i + 1], name)) {
            out += *value;
        } else {
            problem =
                "%" + std::string{text[i + 1]} + " depends on the machine, and is left as it is";
            out += text.substr(i, 2);
        }
        ++i;
    }
    return out;
}

}  // namespace superctl::importing
