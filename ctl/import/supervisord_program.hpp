// One program of supervisord at work: a section [program:NAME] on its way into a unit.
#pragma once

#include "ctl/import/references.hpp"
#include "ctl/import/supervisord.hpp"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace superctl::importing {

// KEY="value",KEY2=value
struct SupervisordPairs {
    std::vector<std::pair<std::string, std::string>> all;
    bool whole = true;  // False: supervisord would refuse the text; these come before that.
};
SupervisordPairs parse_supervisord_pairs(std::string_view text);

// What a program has of the rest of the configuration.
struct SupervisordSurroundings {
    std::string group;                               // %(group_name)s
    const IniSection::Entry* environment = nullptr;  // That of [supervisord], and
    std::string file;                                // where it is.
};

class SupervisordProgram {
public:
    SupervisordProgram(const InputFile& file, const IniSection& section,
                       SupervisordSurroundings around, Draft& draft)
        : file_{file}, section_{section}, around_{std::move(around)}, draft_{draft} {}

    // False: there is nothing to run.
    bool translate();

private:
    using Entry = IniSection::Entry;

    const Entry* find(std::string_view key);
    void note(const Entry& entry, Weight weight, const std::string& text,
              std::string_view section = "");

    // With %(name)s replaced, by marks where only superd knows the value.
    std::string expanded(std::string_view text, const Entry& entry);
    std::string expansion(std::string_view name, std::string_view form, const Entry& entry);
    std::string resolved(const Entry& entry) {
        return references_.resolved(expanded(entry.value, entry));
    }

    void processes();
    bool command();
    void program_path(std::string& path, const Entry& from);
    void account();
    void directory();
    void umask();
    void environment();
    void variables(const Entry& from);
    void order();

    void restart();
    void start_seconds();
    void start_retries();
    void stop();
    void logs();
    void log_size(const Entry& entry);
    void left_over();

    const InputFile& file_;
    const IniSection& section_;
    const SupervisordSurroundings around_;
    Draft& draft_;
    References references_;
    std::set<std::string, std::less<>> asked_;
};

}  // namespace superctl::importing
