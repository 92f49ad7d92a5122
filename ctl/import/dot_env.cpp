#include "ctl/import/dot_env.hpp"

#include "ctl/import/files.hpp"
#include "ctl/import/text.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace superctl::importing {

namespace {

// What compose cuts off, or replaces, of a value, and superd does not.
std::string_view compose_does(std::string_view value) {
    const bool quoted = value.starts_with('"') || value.starts_with('\'');
    if (!quoted && (value.contains(" #") || value.contains("\t#"))) {
        return "to superd the # and what follows is part of the value; put the comment on a line "
               "of its own";
    }
    for (auto at = value.find('$'); at != value.npos && !value.starts_with('\'');
         at = value.find('$', at + 1)) {
        const auto next = value.substr(at + 1, 1);
        if (next == "{" || is_variable(next)) return "superd replaces no variables there";
    }
    return {};
}

}  // namespace

std::vector<Note> dot_env_differences(const InputFile& file, DotEnvReader reader) {
    std::vector<Note> notes;
    unsigned number = 0;
    for (const auto line : lines_of(file.dot_env)) {
        ++number;
        const auto text = trimmed(line);
        const auto equals = text.find('=');
        if (text.starts_with('#') || equals == text.npos) continue;
        const Place place{file.directory + "/.env", number};
        const auto name = std::string{trimmed(text.substr(0, equals))};
        if (name.starts_with("export ")) {
            notes.push_back(
                {place, Weight::lost, name + ": superd refuses it; leave out export", {}});
        }
        if (reader != DotEnvReader::compose) continue;
        const auto why = compose_does(trimmed(text.substr(equals + 1)));
        if (why.empty()) continue;
        notes.push_back({place, Weight::lost, name + ": " + std::string{why}, {}});
    }
    return notes;
}

void read_dot_env(std::vector<InputFile>& files) {
    for (auto& file : files) {
        const auto path = file.directory + "/.env";
        std::error_code error;
        // A pipe of that name would be waited for.
        if (!std::filesystem::is_regular_file(path, error)) continue;
        std::ifstream stream{path, std::ios::binary};
        file.dot_env.resize(file_bytes_max);
        stream.read(file.dot_env.data(), static_cast<std::streamsize>(file.dot_env.size()));
        file.dot_env.resize(static_cast<std::size_t>(stream.gcount()));
    }
}

}  // namespace superctl::importing
