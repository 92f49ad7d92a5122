// superd's own processes: which program each of them runs.
#pragma once

#include "ctl/command.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace superctl {

struct Part {
    std::string name;  // "keeper", "supervisor", "logger"
    std::int32_t pid = 0;
    std::optional<std::string> version;    // Of what runs; empty: it cannot tell.
    std::optional<std::string> installed;  // Of the program at its path by now.
    std::string program;
    bool outdated = false;  // Another file has its path by now.
};

struct Running {
    std::optional<std::string> version;  // Of the supervisor.
    std::vector<Part> parts;
};

// Asks superd, and the programs that are installed.
std::expected<Running, Failure> ask_parts(const Invocation& invocation);

// A line each.
std::string render_parts(const std::vector<Part>& parts);
std::string parts_as_json(const Running& running);

}  // namespace superctl
