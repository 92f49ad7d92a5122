// Where the mistakes of one file are gathered.
#pragma once

#include "config/document.hpp"
#include "config/load.hpp"

#include <string>
#include <utility>

namespace superd::config {

class Report {
public:
    Report(std::string file, Diagnostics& into) : file_{std::move(file)}, into_{into} {}

    void add(Position at, std::string message) {
        into_.push_back({file_, at.line, at.column, std::move(message)});
    }
    const std::string& file() const { return file_; }
    Diagnostics& all() { return into_; }

private:
    std::string file_;
    Diagnostics& into_;
};

}  // namespace superd::config
