#include "ctl/import/supervisord.hpp"

#include "ctl/import/supervisord_program.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace superctl::importing {

namespace {

// "web" of "program:web"
std::string name_in(const IniSection& section) {
    return std::string{trimmed(section.name.substr(section.name.find(':') + 1))};
}

// Why a section of its kind becomes no unit.
std::string reason_for(std::string_view kind) {
    if (kind == "eventlistener") {
        return "superd has nothing like it; `superctl events --follow --json` tells programs";
    }
    if (kind == "fcgi-program") {
        return "superd hands listeners over from descriptor 3 on, and FastCGI takes 0; write a "
               "unit with [listen] whose exec is sh -c 'exec PROGRAM <&3'";
    }
    return "superd has nothing like it";
}

// Sections that are about supervisord itself.
void note_other(const InputFile& file, const IniSection& section, Translation& all) {
    const auto kind = section.name.substr(0, section.name.find(':'));
    constexpr std::array own{"supervisord",   "unix_http_server", "inet_http_server",
                             "supervisorctl", "rpcinterface",     "include"};
    const bool about_itself = std::ranges::find(own, kind) != own.end();
    if (!about_itself) {
        return all.note({file.path, section.line}, Weight::lost,
                        "[" + section.name + "]: " + reason_for(kind));
    }
    struct Said {
        std::string_view key, usual, instead;
    };
    constexpr std::string_view of_each = "each unit says this of itself";
    constexpr std::array said{Said{"user", "", of_each}, Said{"umask", "022", of_each},
                              Said{"directory", "", of_each},
                              Said{"minfds", "1024", "limits.open-files of each unit is that"},
                              Said{"minprocs", "200", "limits.processes of each unit is that"}};
    for (const auto& [key, usual, instead] : said) {
        const auto* const found = kind == "supervisord" ? section.find(key) : nullptr;
        if (found == nullptr || found->value == usual) continue;
        all.note({file.path, found->line}, Weight::lost,
                 found->key + "=" + found->value + ": " + std::string{instead});
    }
}

using Groups = std::map<std::string, std::string, std::less<>>;

void add_group(const InputFile& file, const IniSection& section, const Groups& groups,
               Translation& all) {
    const auto* const programs = section.find("programs");
    if (programs == nullptr) return;
    auto name = unit_name(name_in(section));
    if (all.find(name) != nullptr) name = unit_name(name + "-group");
    Draft draft{name, file.path};
    draft.set("type", toml_string("group"));
    for (const auto part : parts_of(programs->value, ',')) {
        const auto member = unit_name(part);
        const auto in = groups.find(part);
        if (in != groups.end() && in->second != name_in(section)) {
            draft.note({file.path, programs->line}, Weight::lost,
                       "programs: " + std::string{part} + " is in group " + in->second +
                           " already, and a unit has one group");
        } else if (all.find(member) != nullptr) {
            draft.append("members", toml_string(member));
        } else {
            draft.note({file.path, programs->line}, Weight::lost,
                       "programs: there is no program " + std::string{part});
        }
    }
    if (const auto* const priority = section.find("priority")) {
        draft.note({file.path, priority->line}, Weight::lost,
                   "priority=" + priority->value + ": strategy says in which order members start");
    }
    if (draft.has("members")) {
        all.units.push_back(std::move(draft));
    } else {
        all.note({file.path, section.line}, Weight::lost, "[" + section.name + "] has no members");
    }
}

using Section = std::pair<const InputFile*, IniSection>;
constexpr std::string_view program_kind = "program:", group_kind = "group:";

void add_program(const Section& from, SupervisordSurroundings around, Translation& all) {
    const auto& [file, section] = from;
    Draft draft{unit_name(name_in(section)), file->path};
    if (SupervisordProgram{*file, section, std::move(around), draft}.translate()) {
        all.units.push_back(std::move(draft));
    } else {
        all.note({file->path, section.line}, Weight::lost, "[" + section.name + "] has no command");
    }
}

// Which group a program is in, where it is in one.
Groups groups_of(const std::vector<Section>& sections) {
    Groups groups;
    for (const auto& [file, section] : sections) {
        const auto* const programs =
            section.name.starts_with(group_kind) ? section.find("programs") : nullptr;
        if (programs == nullptr) continue;
        for (const auto part : parts_of(programs->value, ',')) {
            groups.try_emplace(std::string{part}, name_in(section));
        }
    }
    return groups;
}

}  // namespace

Translation translate_supervisord(const std::vector<InputFile>& files) {
    Translation all;
    std::vector<Section> sections;
    for (const auto& file : files) {
        for (auto& section : parse_ini(file, all.notes)) {
            sections.emplace_back(&file, std::move(section));
        }
    }
    const auto groups = groups_of(sections);
    SupervisordSurroundings around;
    for (const auto& [file, section] : sections) {
        if (section.name != "supervisord") continue;
        around.environment = section.find("environment");
        around.file = file->path;
    }
    for (const auto& section : sections) {
        const auto& name = section.second.name;
        if (name.starts_with(program_kind)) {
            around.group = name_in(section.second);
            if (const auto found = groups.find(around.group); found != groups.end()) {
                around.group = found->second;
            }
            add_program(section, around, all);
        } else if (!name.starts_with(group_kind)) {
            note_other(*section.first, section.second, all);
        }
    }
    for (const auto& [file, section] : sections) {
        if (section.name.starts_with(group_kind)) add_group(*file, section, groups, all);
    }
    settle(all);
    return all;
}

}  // namespace superctl::importing
