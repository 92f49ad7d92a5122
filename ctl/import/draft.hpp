// What an import makes of other programs' configurations: drafts of unit files, and notes of what
// could not be translated, or not exactly.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

// A file that was read. `name` says what it describes where its path does not: "web@blue.service"
// of ".../web@.service".
struct InputFile {
    std::string path;
    std::string text;
    std::string name = {};
    std::string directory = {};  // That it is in, as an absolute path.
    bool found = false;          // Where nobody has named it.
    std::string dot_env = {};    // The text of .env there, for those who read it.
};

// Where something is written.
struct Place {
    std::string file;
    unsigned line = 0;  // Counted from 1; 0: the whole file.
    friend bool operator==(const Place&, const Place&) = default;
};
std::string to_string(const Place& place);  // "web.service:12"

enum class Weight {
    remark,  // To be known; nothing is lost.
    lost,    // It is not in the unit's file, and superd does something else without it.
};

struct Note {
    Place place;
    Weight weight = Weight::lost;
    std::string text;     // "PrivateTmp=true: superd does not confine units"
    std::string section;  // Of the unit's file where it would belong: "restart"; empty: the top.
};

// A unit's file in the making: keys by their path ("restart.policy") with values as TOML.
class Draft {
public:
    struct Entry {
        std::string section, key, value;
        std::vector<std::string> items;  // Of an array; `value` is then of no meaning.
        bool array = false;
    };
    using Check = std::vector<std::pair<std::string, std::string>>;  // One [[check]].

    explicit Draft(std::string name, std::string origin)
        : name_{std::move(name)}, origin_{std::move(origin)} {}

    const std::string& name() const { return name_; }
    const std::string& origin() const { return origin_; }

    // Replaces what was there.
    void set(std::string_view path, std::string toml);
    void set_all(std::string_view path, std::vector<std::string> tomls);
    // Adds to an array, once.
    void append(std::string_view path, std::string toml);
    void drop(std::string_view path);
    void drop_item(std::string_view path, std::string_view toml);
    bool has(std::string_view path) const { return find(path) != nullptr; }
    const Entry* find(std::string_view path) const;
    bool is(std::string_view path, std::string_view toml) const;
    bool has_section(std::string_view section) const;

    // A variable of env; `text` is literal, but for what expand() made.
    void set_variable(std::string_view name, std::string toml);

    void note(Place place, Weight weight, std::string text, std::string_view section = "");

    std::vector<Check> checks;
    std::vector<Note> notes;
    const std::vector<Entry>& entries() const { return entries_; }

private:
    Entry& entry(std::string_view path);

    std::string name_, origin_;
    std::vector<Entry> entries_;
};

struct Translation {
    std::vector<Draft> units;
    std::vector<Note> notes;  // About no unit that came of it.

    void note(Place place, Weight weight, std::string text);
    bool complete() const;  // Nothing was lost.
    Draft* find(std::string_view name);
};

// As a unit may be called: what cannot stand in its name is '-'. Never empty.
std::string unit_name(std::string_view text);

// What is wrong only when all is seen: names that are taken, edges to units that are not there,
// edges that go in a circle, keys that contradict each other.
void settle(Translation& translation);

}  // namespace superctl::importing
