// What a worker is told to do: units/protocol/README.md, "Settings".
#pragma once

#include "sdk/superd/abi.h"

#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace superd::worker {

// A [config] table in the shape that modules read. Owns all that its root points to.
class ConfigTree {
public:
    const superd_abi_value* root() const { return &root_; }

private:
    friend class ConfigReader;
    superd_abi_value root_{.type = SUPERD_TABLE};
    std::deque<std::vector<superd_abi_value>> lists_;
    std::deque<std::string> texts_;
};

struct Settings {
    std::string unit, module, reason = "start";
    std::uint32_t index = 0, count = 1, generation = 1;
    superd_abi_model model = SUPERD_COROUTINES;
    std::uint32_t threads = 16;
    bool preload = false;
    std::uint64_t task_timeout_ms = 0, drain_timeout_ms = 30'000, max_tasks = 0;
    std::vector<int> cpus;                      // Those it may run on; empty: all.
    std::map<std::string, std::string> listen;  // Addresses by name, for who runs without superd.
    std::unique_ptr<ConfigTree> config;
};

// Reads settings from their JSON. The error is a whole sentence that names the member that is
// wrong: "cannot use the settings: threads must be from 1 to 254".
std::expected<Settings, std::string> parse_settings(std::string_view json);

const char* model_name(superd_abi_model model);

}  // namespace superd::worker
