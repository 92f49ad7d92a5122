// What the files say about units, for people: as it is written, variables not replaced, so that
// no secret that one of them stands for is shown.
#pragma once

#include "config/load.hpp"
#include "config/unit_files.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

class Wording {
public:
    // `sources` must outlive this.
    explicit Wording(const Sources& sources);

    // The files that make a unit.
    std::vector<std::string> files(std::string_view unit) const;

    // The value of a key of a unit as TOML, or else its default; nothing: it has none.
    std::optional<std::string> value(std::string_view unit, std::string_view path);

private:
    Texts texts_;
    std::span<const std::string> profiles_;
    Table settings_;
    std::string unit_;  // Whose document is below: keys of one unit are asked for in a row.
    Table document_;
};

// One key of a change, and what it says before and after.
struct ChangedKey {
    std::string key;
    std::optional<std::string> before, after;  // Both nothing for what is never shown.
    bool restarts = false;
};

std::vector<ChangedKey> explain(const Change& change, Wording& before, Wording& after);

}  // namespace superd::config
