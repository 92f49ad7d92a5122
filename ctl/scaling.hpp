// How `superctl scale` is told of numbers: NAME=N as docker compose has it, NAME N
// as process-compose has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superctl {

// "4", "+1", "-1", "cores", "reset"
bool is_amount(std::string_view text);

// Joins NAME N to NAME=N: else -1 would be taken for a flag.
void join_scalings(std::vector<std::string>& words);

struct Scaling {
    std::string unit, amount;
};
// Nothing: there is no =, or no name before it.
std::optional<Scaling> parse_scaling(std::string_view word);

}  // namespace superctl
