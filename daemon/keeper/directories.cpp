// The half of options.hpp that looks at the environment.
#include "keeper/options.hpp"
#include "keeper/report.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

namespace superd::keeper {
namespace {

std::string_view environment(const char* name) {
    const char* const value = ::getenv(name);
    return value != nullptr ? std::string_view{value} : std::string_view{};
}

// systemd gives a list if the unit names several; the first is the one to use.
bool take_systemds(const char* name, Path& path) {
    const std::string_view list = environment(name);
    path.add(before(list, list.find(':')));
    return !path.empty();
}

// $XDG_… or ~/fallback, then "/superd". XDG's values count only if absolute.
bool take_users(const char* name, std::string_view fallback, Path& path) {
    const std::string_view base = environment(name);
    if (base.starts_with('/')) {
        path.add(base).add("/superd");
        return true;
    }
    const std::string_view home = environment("HOME");
    if (!home.starts_with('/') || fallback.empty()) return false;
    path.add(home).add(fallback).add("/superd");
    return true;
}

void find_runtime(Options& options) {
    options.runtime.add(environment("SUPERD_RUNTIME_DIR"));
    if (!options.runtime.empty() || take_systemds("RUNTIME_DIRECTORY", options.runtime)) return;
    if (!options.user) {
        options.runtime.add("/run/superd");
    } else if (!take_users("XDG_RUNTIME_DIR", "", options.runtime)) {
        options.runtime.add("/tmp/superd-").add(::getuid());
        options.runtime_in_tmp = true;
    }
}

// Finds one of the directories that are alike for all users but in their place.
bool find_one(bool user, Path& path, const char* systemds, const char* xdg,
              std::string_view below_home, std::string_view system_wide) {
    if (!path.empty() || take_systemds(systemds, path)) return true;
    if (user) return take_users(xdg, below_home, path);
    path.add(system_wide);
    return true;
}

bool make_absolute(Path& path) {
    if (path.cut()) return false;
    if (path.view().starts_with('/')) return true;
    char here[4096];
    if (::getcwd(here, sizeof here) == nullptr) return false;
    Path absolute;
    absolute.add(std::string_view{here});
    if (path.view() != ".") absolute.add("/").add(path);
    path = absolute;
    return !path.cut();
}

int unknown(const char* what, const char* option) {
    report("cannot tell where ", what, " belongs: HOME is not set; set it or give ", option,
           " DIR");
    return exit_no_directories;
}

}  // namespace

int find_directories(Options& options) {
    options.user = options.user || ::getuid() != 0;
    const bool user = options.user;
    if (!find_one(user, options.config, "CONFIGURATION_DIRECTORY", "XDG_CONFIG_HOME", "/.config",
                  "/etc/superd")) {
        return unknown("the configuration", "--config");
    }
    if (options.runtime.empty()) find_runtime(options);
    if (!find_one(user, options.state, "STATE_DIRECTORY", "XDG_STATE_HOME", "/.local/state",
                  "/var/lib/superd")) {
        return unknown("the state", "--state-dir");
    }
    const bool log_given = !options.log.empty() || take_systemds("LOGS_DIRECTORY", options.log);
    if (!log_given && user) options.log.add(options.state).add("/log");
    if (!log_given && !user) options.log.add("/var/log/superd");
    for (Path Options::* each :
         {&Options::config, &Options::runtime, &Options::state, &Options::log}) {
        if (make_absolute(options.*each)) continue;
        report("cannot use the directory ", options.*each,
               ": its absolute path is too long or unknown");
        return exit_no_directories;
    }
    return 0;
}

}  // namespace superd::keeper
