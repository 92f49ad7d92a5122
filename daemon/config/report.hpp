// Where the mistakes of one file are gathered.
#pragma once

#include "config/document.hpp"
#include "config/load.hpp"

#include <string>
#include <utility>

namespace superd::config {

class Report {
public:
    Report(std::string file, Diagnostics& into) : files_{std::move(file)}, into_{into} {}
    // Of a unit with drop-ins: as Position::file counts them.
    Report(std::vector<std::string> files, Diagnostics& into)
        : files_{std::move(files)}, into_{into} {}

    void add(Position at, std::string message) {
        into_.push_back({files_[at.file], at.line, at.column, std::move(message)});
    }
    const std::vector<std::string>& files() const { return files_; }
    Diagnostics& all() { return into_; }

private:
    std::vector<std::string> files_;
    Diagnostics& into_;
};

}  // namespace superd::config
