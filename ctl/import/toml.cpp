#include "ctl/import/toml.hpp"

#include "ctl/stable_order.hpp"
#include "wire/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace superctl::importing {

namespace {

// Sections in the order of superd.unit(5); all others come after them.
constexpr std::array<std::string_view, 11> sections{"",         "depends", "restart", "ready",
                                                    "stop",     "log",     "hooks",   "check",
                                                    "watchdog", "timer",   "listen"};
constexpr std::array<std::string_view, 14> keys{
    "description", "type", "members", "essential", "exec",  "env-file",  "pass-env",
    "instances",   "user", "group",   "directory", "umask", "autostart", "fd-store-max"};

std::size_t rank(std::span<const std::string_view> order, std::string_view word) {
    return static_cast<std::size_t>(std::ranges::find(order, word) - order.begin());
}

bool is_bare_key(std::string_view key) {
    return !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

std::string value_of(const Draft::Entry& entry) {
    if (!entry.array) return entry.value;
    std::string out = "[";
    for (const auto& item : entry.items) {
        if (out.size() > 1) out += ", ";
        out += item;
    }
    return out + "]";
}

std::string line_of(std::string_view key, std::string_view value) {
    std::string out{is_bare_key(key) ? std::string{key} : toml_string(key)};
    return out + " = " + std::string{value} + "\n";
}

// As a comment may have it: one line of UTF-8, whatever it quotes.
std::string one_line(std::string_view text) {
    auto out = superd::wire::well_formed(text);
    std::ranges::replace_if(
        out, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }, ' ');
    return out;
}

std::string comment(const Note& note) { return "# " + one_line(describe(note)) + "\n"; }

std::string notes_for(const Draft& unit, std::string_view section) {
    std::string out;
    for (const auto& note : unit.notes) {
        if (note.section == section) out += comment(note);
    }
    return out;
}

std::string checks_of(const Draft& unit) {
    std::string out;
    for (const auto& check : unit.checks) {
        out += "\n[[check]]\n";
        for (const auto& [key, value] : check) out += line_of(key, value);
    }
    return out;
}

}  // namespace

std::string escape_references(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '$' && text.substr(i + 1).starts_with('{')) out += '$';
        out += text[i];
    }
    return out;
}

std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : superd::wire::well_formed(text)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04X", static_cast<unsigned>(byte));
            out += escape.data();
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string toml_literal(std::string_view text) { return toml_string(escape_references(text)); }

std::string toml_strings(std::span<const std::string> texts) {
    std::string out = "[";
    for (const auto& text : texts) {
        if (out.size() > 1) out += ", ";
        out += toml_string(text);
    }
    return out + "]";
}

std::string toml_duration(std::chrono::nanoseconds time) {
    struct Scale {
        std::string_view name;
        std::int64_t value;
    };
    constexpr std::array scales{Scale{"d", 86'400'000'000'000}, Scale{"h", 3'600'000'000'000},
                                Scale{"min", 60'000'000'000},   Scale{"s", 1'000'000'000},
                                Scale{"ms", 1'000'000},         Scale{"us", 1'000}};
    // As people write it: 90s, not 1min 30s, unless minutes say it all.
    std::int64_t left = std::max<std::int64_t>(time.count(), 0);
    for (const auto& scale : scales) {
        if (left < scale.value || left % scale.value != 0) continue;
        return "\"" + std::to_string(left / scale.value) + std::string{scale.name} + "\"";
    }
    std::string out;
    for (const auto& scale : scales) {
        if (left < scale.value) continue;
        if (!out.empty()) out += ' ';
        out += std::to_string(left / scale.value) + std::string{scale.name};
        left %= scale.value;
    }
    return "\"" + (out.empty() ? std::string{"0s"} : out) + "\"";
}

std::string describe(const Note& note) {
    return to_string(note.place) +
           (note.weight == Weight::lost ? ": not translated: " : ": remark: ") + note.text;
}

std::string print_unit(const Draft& unit, std::string_view command) {
    std::vector<const Draft::Entry*> sorted;
    for (const auto& entry : unit.entries()) sorted.push_back(&entry);
    std::vector<std::string_view> order{sections.begin(), sections.end()};
    for (const auto* entry : sorted) {
        if (rank(order, entry->section) == order.size()) order.emplace_back(entry->section);
    }
    for (const auto& note : unit.notes) {
        if (rank(order, note.section) == order.size()) order.emplace_back(note.section);
    }
    std::string out =
        "# Translated from " + one_line(unit.origin()) + " by `" + std::string{command} + "`.\n";
    const auto place = [](const Draft::Entry* entry) {
        return entry->section.empty() ? rank(keys, entry->key) : 0;
    };
    sort_stably(sorted,
                [&](const auto* one, const auto* other) { return place(one) < place(other); });
    for (const auto section : order) {
        std::string body;
        for (const auto* entry : sorted) {
            if (entry->section == section) body += line_of(entry->key, value_of(*entry));
        }
        const auto notes = notes_for(unit, section);
        if (section == "check") {
            out += checks_of(unit);
        } else if (section.empty() || body.empty()) {
            out += body;
        } else {
            out += "\n[" + std::string{section} + "]\n" + body;
        }
        out += body.empty() && !section.empty() && !notes.empty() ? "\n" + notes : notes;
    }
    return out;
}

}  // namespace superctl::importing
