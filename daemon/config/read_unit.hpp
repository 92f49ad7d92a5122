// One unit's file as a typed unit.
#pragma once

#include "config/accounts.hpp"
#include "config/environment.hpp"
#include "config/fields.hpp"
#include "config/programs.hpp"
#include "config/unit.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

// What a unit's meaning depends on beside its own file.
struct Surroundings {
    Accounts accounts;
    Programs programs;
    // The text of an env-file; null when it was not there.
    std::function<const std::string*(const std::string& path)> env_file;
    std::function<const char*(const std::string& name)> variable;  // Of superd's environment.
    Log log;              // The defaults that superd.toml sets.
    Variables variables;  // Likewise.
    std::uint32_t cores = 1;
};

// Where a dependency was written; in the order of UnitSpec::dependencies.
struct Written {
    Position at;
    std::string path;  // "depends.needs[0]"
};

struct Draft {
    std::shared_ptr<Unit> unit;
    std::vector<Written> written;
    std::vector<Written> members;  // As GroupRule::members.
};

// Reads a unit; what is wrong is reported and left at its default.
Draft read_unit(const std::string& name, const Table& root, Surroundings& surroundings,
                Report& report);

// The parts of it, a file each.
Environment read_environment(const Fields& fields, Surroundings& surroundings,
                             const Variables& fixed, Launch& launch);
std::vector<std::string> read_argv(const Fields& fields, std::string_view path,
                                   Environment& environment, Programs& programs);
void read_dependencies(const Fields& fields, Draft& draft);
void read_group(const Fields& fields, Draft& draft);
void read_restart(const Fields& fields, core::RestartRule& rule);
std::vector<core::StopStep> read_stop(const Fields& fields);
std::unique_ptr<Ready> read_ready(const Fields& fields, Environment& environment,
                                  Programs& programs, core::UnitSpec& spec);
void read_checks(const Fields& fields, Environment& environment, Programs& programs, Unit& unit);
void read_hooks(const Fields& fields, Environment& environment, Programs& programs, Unit& unit);
void read_fd_store(const Fields& fields, Unit& unit);
void read_watchdog(const Fields& fields, core::UnitSpec& spec);
void read_limits(const Fields& fields, Unit& unit);
void read_renewal(const Fields& fields, Unit& unit);
void read_timer(const Fields& fields, core::UnitSpec& spec);
void read_log(const Fields& fields, Log& log);

// The value of a key with ${NAME} replaced; empty, and reported, if that fails.
std::string expanded(const Fields& fields, std::string_view path, Environment& environment);

// Splits "-/path": true if the file may be missing.
bool is_optional(std::string_view& env_file);

}  // namespace superd::config
