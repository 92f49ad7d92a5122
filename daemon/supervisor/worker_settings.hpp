// What a worker is told at its start (units/protocol/README.md, "Settings").
#pragma once

#include "base/result.hpp"
#include "config/unit.hpp"
#include "os/fd.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace superd::supervisor {

struct WorkerFacts {
    std::uint32_t index = 0, count = 1, generation = 1;
    std::string reason;  // "start"
};

// `processors`: those that superd may use.
std::string worker_settings(const config::Unit& unit, const WorkerFacts& facts,
                            std::span<const int> processors);

// A file in memory with this text, which nobody can change any more.
Result<os::Fd> sealed_file(const char* name, std::string_view text);

}  // namespace superd::supervisor
