// Translations as tests look at them.
#pragma once

#include "ctl/import/import.hpp"
#include "ctl/import/toml.hpp"
#include "tests/unit/config/files.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superctl::importing {

using testing::HasSubstr;
using testing::Not;

inline InputFile file(std::string path, std::string text) {
    return {std::move(path), std::move(text), {}, "/srv/app"};
}

// The only unit that came of it, as its file.
inline std::string unit_text(const Translation& all) {
    EXPECT_EQ(all.units.size(), 1u);
    return all.units.empty() ? "" : print_unit(all.units.front(), "test");
}

inline std::string text_of(Translation& all, std::string_view name) {
    const Draft* const unit = all.find(name);
    EXPECT_NE(unit, nullptr) << name;
    return unit == nullptr ? "" : print_unit(*unit, "test");
}

// All notes of a weight, one a line.
inline std::string notes(const Translation& all, Weight weight = Weight::lost) {
    std::string out;
    const auto add = [&](const std::vector<Note>& some) {
        for (const auto& note : some) {
            if (note.weight == weight) out += describe(note) + "\n";
        }
    };
    add(all.notes);
    for (const auto& unit : all.units) add(unit.notes);
    return out;
}

// What superd itself finds wrong with what came of it, a line each.
inline std::string wrong_for_superd(const Translation& all) {
    superd::config::Sources sources;
    for (const auto& unit : all.units) {
        sources.files.push_back({"units/" + unit.name() + ".toml", print_unit(unit, "test")});
    }
    return superd::config::mistakes(sources);
}
inline std::string wrong_for_superd(const Draft& unit) {
    return wrong_for_superd(Translation{.units = {unit}, .notes = {}});
}

}  // namespace superctl::importing
