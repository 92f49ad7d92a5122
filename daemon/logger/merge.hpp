// Lines of several sources in the order of their stamps.
#pragma once

#include "logger/history.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace superd::logger {

// Gives the lines of all sources, oldest first; those of one source keep their order.
class Merge {
public:
    explicit Merge(std::vector<StoredLines> sources);

    // The next line with its newline, valid until the next call; empty at the end.
    std::string_view next();

private:
    struct Head {
        std::string stamp;
        std::size_t source;
        bool operator>(const Head& other) const {
            return stamp != other.stamp ? stamp > other.stamp : source > other.source;
        }
    };
    void push(std::size_t source, std::string last_stamp);

    std::vector<StoredLines> sources_;
    std::vector<std::string_view> lines_;  // The next one of each source.
    std::vector<Head> heap_;
    Head taken_{{}, SIZE_MAX};
};

// A stored line as one JSON object with its newline; unchanged if it is one.
std::string as_json(std::string_view line);

}  // namespace superd::logger
