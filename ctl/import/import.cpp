#include "ctl/import/import.hpp"

#include "ctl/import/compose.hpp"
#include "ctl/import/procfile.hpp"
#include "ctl/import/supervisord.hpp"
#include "ctl/import/systemd.hpp"
#include "ctl/import/toml.hpp"
#include "wire/json_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace superctl::importing {

namespace {

constexpr std::array words{std::pair{Format::systemd, std::string_view{"systemd"}},
                           std::pair{Format::supervisord, std::string_view{"supervisord"}},
                           std::pair{Format::procfile, std::string_view{"procfile"}},
                           std::pair{Format::compose, std::string_view{"compose"}}};

void write_notes(superd::wire::JsonWriter& json, const std::vector<Note>& notes) {
    json.key("notes");
    json.begin_array();
    for (const auto& note : notes) {
        json.begin_object();
        json.member("file", note.place.file);
        json.key("line");
        note.place.line == 0 ? json.null() : json.value(note.place.line);
        json.member("weight", note.weight == Weight::lost ? "lost" : "remark");
        json.member("text", note.text);
        json.end_object();
    }
    json.end_array();
}

Translation translate_as(Format format, const std::vector<InputFile>& files) {
    switch (format) {
        case Format::systemd: return translate_systemd(files);
        case Format::supervisord: return translate_supervisord(files);
        case Format::procfile: return translate_procfile(files);
        case Format::compose: return translate_compose(files);
    }
    std::unreachable();
}

}  // namespace

std::string_view to_string(Format format) {
    return std::ranges::find(words, format, &decltype(words)::value_type::first)->second;
}

std::optional<Format> parse_format(std::string_view word) {
    const auto* const found = std::ranges::find(words, word, &decltype(words)::value_type::second);
    if (found == words.end()) return {};
    return found->first;
}

Translation translate(Format format, const std::vector<InputFile>& files) {
    auto all = translate_as(format, files);
    // An [include] whose pattern matches nothing, say: silence would be taken for success.
    if (all.units.empty() && all.complete()) {
        for (const auto& file : files) {
            all.note({file.path, 0}, Weight::lost, "it has nothing that superd could run");
        }
    }
    return all;
}

std::string to_json(const Translation& translation, std::string_view command) {
    std::string out;
    superd::wire::JsonWriter json{out};
    json.begin_object();
    json.member("schema", 1);
    json.member("complete", translation.complete());
    json.key("units");
    json.begin_array();
    for (const auto& unit : translation.units) {
        json.begin_object();
        json.member("name", unit.name());
        json.member("text", print_unit(unit, command));
        write_notes(json, unit.notes);
        json.end_object();
    }
    json.end_array();
    write_notes(json, translation.notes);
    json.end_object();
    return out;
}

}  // namespace superctl::importing
