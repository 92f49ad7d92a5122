// From a unit to the plan of system calls that starts one run of it.
#pragma once

#include "config/unit.hpp"
#include "core/instance.hpp"
#include "os/spawn.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace superd::supervisor {

// "web" for the only instance of a unit, else "web/2".
std::string instance_name(const std::string& unit, std::uint32_t index, std::uint32_t instances);

class Launcher {
public:
    struct Setting {
        std::string scope;        // See os::tree_scope.
        std::string notify_path;  // See supervisor::notify_path.
        rlim_t open_files = 0;    // The soft limit that superd was started with.
        std::string parts = {};   // The directory of superd's own programs.
    };
    explicit Launcher(Setting setting) : setting_{std::move(setting)} {}

    // Without descriptors and control group, which only live as long as the spawn.
    os::SpawnPlan plan(const config::Unit& unit, std::uint32_t index, core::RunId run) const;

    // What only the run itself gets, not the programs that ask after it.
    static void add_own(const config::Unit& unit, os::SpawnPlan& plan);

private:
    // The program that runs the module, beside superd's other parts.
    std::vector<std::string> worker_argv(const config::Hosted& hosted) const;

    Setting setting_;
};

// `web: cannot start: chdir "/srv/web": No such file or directory (units/web.toml:7)`
std::string spawn_sentence(const config::Unit& unit, std::uint32_t index,
                           const os::SpawnError& error);

}  // namespace superd::supervisor
