// From a configuration directory to typed units, or to every mistake in it.
#pragma once

#include "base/result.hpp"
#include "config/unit.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

// One mistake: "units/web.toml:7:9: cannot use restart.policy = "alway": ...".
struct Diagnostic {
    std::string file;                    // As it should be printed.
    std::uint32_t line = 0, column = 0;  // From 1; 0: the file as a whole.
    std::string message;

    std::string text() const;  // "file:line:column: message"
};

using Diagnostics = std::vector<Diagnostic>;

// The files of a configuration, read once: what is validated is what is used,
// even if a file is swapped meanwhile, and what a restarted supervisor goes on
// with although the files have changed since.
struct Sources {
    struct File {
        // "superd.toml", "units/web.toml", its drop-in "units/web.d/10-port.toml", one of these
        // below "profiles/NAME/", or an env-file's path as written.
        std::string name;
        std::string text;
    };
    std::vector<File> files;
    // What instances = "cores" means, found out by whoever reads the files.
    std::uint32_t cores = 1;
    // The profiles in force, later ones winning; each one's files are among the above.
    std::vector<std::string> profiles;

    std::string serialize() const;  // Length-prefixed; deserialize refuses anything damaged.
    static Result<Sources> deserialize(std::string_view bytes);
};

// Reads DIR/superd.toml (optional), DIR/units/*.toml, DIR/units/NAME.d/*.toml, the same below
// DIR/profiles/NAME of the profiles that superd.toml names and of `profiles`, which follow them,
// and the env-files they name. Follows symlinks. Unreadable files are diagnostics.
std::expected<Sources, Diagnostics> read_sources(const std::string& directory,
                                                 const std::vector<std::string>& profiles = {});

// Parses and validates. All mistakes are reported at once, in order of file
// and position. From outside it asks for users and groups (NSS), for programs
// in PATH and for the variables in pass-env, nothing else. So what was accepted
// once can be refused later: when its user was deleted, for one.
std::expected<Configuration, Diagnostics> parse(const Sources& sources);

// What would change from one configuration to another.
enum class ChangeKind { added, removed, live, restart, instances };
struct Change {
    std::string unit;
    ChangeKind kind{};
    std::vector<std::string> keys;  // "exec", "env.PORT" (never a value), "restart.delay".
    std::uint32_t instances_before = 0, instances_after = 0;
    bool by_cores = false;  // instances_after is what "cores" came to.
};
// In order of name. A unit with any key that needs a restart is `restart`.
std::vector<Change> difference(const Configuration& before, const Configuration& after);

}  // namespace superd::config
