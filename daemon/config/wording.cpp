#include "config/wording.hpp"

#include "config/schema.hpp"

#include <fmt/format.h>

namespace superd::config {

namespace {

std::string as_toml(const Value& value) {
    std::string out;
    if (const auto* array = value.as<Array>()) {
        for (const auto& item : *array) out += (out.empty() ? "[" : ", ") + as_toml(item);
        return out.empty() ? "[]" : out + "]";
    }
    if (const auto* table = value.as<Table>()) {
        for (const auto& entry : table->entries) {
            out += fmt::format("{}{} = {}", out.empty() ? "{ " : ", ", shown_key(entry.key),
                               as_toml(entry.value));
        }
        return out.empty() ? "{}" : out + " }";
    }
    return shown(value);
}

const Value* find_value(const Table& table, const Key& key) {
    if (key.section().empty()) {
        const auto* entry = table.find(key.name());
        return entry != nullptr ? &entry->value : nullptr;
    }
    const auto* section = table.find(key.section());
    const auto* inner = section != nullptr ? section->value.as<Table>() : nullptr;
    const auto* entry = inner != nullptr ? inner->find(key.name()) : nullptr;
    return entry != nullptr ? &entry->value : nullptr;
}

}  // namespace

Wording::Wording(const Sources& sources) : profiles_{sources.profiles} {
    for (const auto& file : sources.files) texts_.emplace(file.name, &file.text);
    Diagnostics known;  // What is wrong was told when the files were read.
    if (auto files = files_of_settings(texts_, profiles_); !files.empty()) {
        Report report{std::move(files), known};
        settings_ = read_document(texts_, report).value_or(Table{});
    }
}

std::vector<std::string> Wording::files(std::string_view unit) const {
    auto files = files_of_unit(unit, texts_, profiles_);
    if (!texts_.contains(files.front())) files.clear();
    return files;
}

std::optional<std::string> Wording::value(std::string_view unit, std::string_view path) {
    constexpr std::string_view listener = "listen.";
    const bool part = path.starts_with(listener);
    const auto* key = unit_schema().find(part ? "listen" : path);
    // What a module is told may be a secret.
    if (key == nullptr || key->form == Form::table) return {};
    if (unit != unit_) {
        unit_ = unit;
        document_ = {};
        Diagnostics known;  // What is wrong was told when the files were read.
        if (auto of_unit = files(unit); !of_unit.empty()) {
            Report report{std::move(of_unit), known};
            document_ = read_document(texts_, report).value_or(Table{});
        }
    }
    const auto* const written = find_value(document_, *key);
    if (part) {
        const auto* const table = written != nullptr ? written->as<Table>() : nullptr;
        const auto* const entry =
            table != nullptr ? table->find(path.substr(listener.size())) : nullptr;
        return entry != nullptr ? std::optional{as_toml(entry->value)} : std::nullopt;
    }
    if (written != nullptr) return as_toml(*written);
    // [log] of superd.toml is the default of every unit's.
    if (settings_schema().find(path) != nullptr) {
        if (const auto* fallback = find_value(settings_, *key)) return as_toml(*fallback);
    }
    if (key->fallback.empty()) return {};
    return std::string{key->fallback};
}

std::vector<ChangedKey> explain(const Change& change, Wording& before, Wording& after) {
    std::vector<ChangedKey> keys;
    for (const auto& path : change.keys) {
        ChangedKey changed{.key = path, .before = {}, .after = {}};
        const auto* key = unit_schema().find(path);
        // "env.PORT" and "check.http" are parts of a key: what they say is not shown.
        if (key == nullptr) key = unit_schema().find(path.substr(0, path.find('.')));
        changed.restarts = key != nullptr && key->applies == Applies::restart;
        changed.before = before.value(change.unit, path);
        changed.after = after.value(change.unit, path);
        keys.push_back(std::move(changed));
    }
    return keys;
}

}  // namespace superd::config
