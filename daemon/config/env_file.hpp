// Files of NAME=value lines, in the part of systemd's EnvironmentFile= syntax
// that others can read too:
//   NAME=value, NAME="va lue", NAME='va lue'; quoted parts may follow each other
//   # or ; begins a comment line; a \ before the line's end continues the line
//   outside quotes \ takes the next character as it is, and spaces at the end go
//   in "…" \ does so before " \ ` and $ only; in '…' nothing is special
#pragma once

#include "config/document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

struct EnvFile {
    struct Variable {
        std::string name, value;
    };
    std::vector<Variable> variables;  // In order; of two of one name the last wins.
    std::vector<Mistake> mistakes;    // The lines they are on were left out.
};

EnvFile parse_env_file(std::string_view text);

}  // namespace superd::config
