// supervisord's configuration: supervisord.conf and what it includes.
#pragma once

#include "ctl/import/draft.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

Translation translate_supervisord(const std::vector<InputFile>& files);

// The patterns of [include] files, absolute where the file's directory is known.
std::vector<std::string> supervisord_includes(const InputFile& file);

// A section of a file for Python's configparser.
struct IniSection {
    struct Entry {
        std::string key, value;  // The key in lower case.
        unsigned line = 0;
    };
    std::string name;  // "program:web"
    unsigned line = 0;
    std::vector<Entry> entries;

    const Entry* find(std::string_view key) const;
};
std::vector<IniSection> parse_ini(const InputFile& file, std::vector<Note>& notes);

}  // namespace superctl::importing
