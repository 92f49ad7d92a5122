// A unit and superd's own settings as typed values, after validation.
//
// Memory counts: superd hosts thousands of units. What few units set lives
// behind a pointer or in an empty vector.
#pragma once

#include "config/hosted.hpp"
#include "config/limits.hpp"
#include "core/spec.hpp"

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace superd::config {

// Where a value was written, for messages that come later than loading:
// "(units/web.toml:7)". Lines are from 1; 0: not written there, a default.
struct Source {
    struct Place {
        std::uint16_t line = 0;
        std::uint16_t file = 0;  // Of `files`.
    };
    // Relative to the configuration directory: "units/web.toml", then its drop-ins in order.
    std::vector<std::string> files;
    Place exec, directory, user, ready, log, limits;
};

// How to start the unit's process.
struct Launch {
    std::vector<std::string> argv;       // ${NAME} already replaced. argv[0] has a slash, but
                                         // where no such program was found in PATH.
    std::vector<std::string> env;        // "NAME=value" in order of name, complete but for
                                         // what a run adds and for PATH where the unit sets none.
    std::string directory;               // Empty: "/".
    std::string user;                    // Empty: superd's own.
    uid_t uid = static_cast<uid_t>(-1);  // -1: superd's own.
    gid_t gid = static_cast<gid_t>(-1);
    std::vector<gid_t> groups;  // Supplementary; used when uid is set.
    mode_t umask = 022;
    bool ends_with_superd = false;  // stop-on-supervisor-exit
};

enum class ReadyKind : std::uint8_t { none, notify, fd, tcp, unix_socket, http, exec, log, delay };

// When a run counts as ready. One kind; only its fields have a meaning.
struct Ready {
    ReadyKind kind = ReadyKind::none;
    bool notify_from_tree = false;  // notify = "tree": any process of the run; else the main one.
    int fd = -1;              // fd: the service's number for the descriptor it writes "\n" to.
    std::uint16_t port = 0;   // tcp, http.
    std::string host;         // tcp, http: an address literal or "localhost"; no DNS.
    std::string path;         // unix: the socket; http: the request target, "/healthz".
    std::string host_header;  // http.
    std::string pattern;      // log: RE2.
    std::string open;  // The text that these are from, if instances differ in them; they are 0's.
    std::vector<std::string> argv;     // exec: exit 0 means ready.
    std::chrono::nanoseconds delay{};  // delay.
    std::chrono::nanoseconds every{
        std::chrono::milliseconds{100}};  // Between probes, at first faster.
};

enum class LogFormat : std::uint8_t { text, json };
enum class WhenFull : std::uint8_t { drop, block };
enum class LogTarget : std::uint8_t { file, journald, both };

struct Log {
    LogFormat format = LogFormat::text;
    WhenFull when_full = WhenFull::drop;
    bool compress = true;
    bool foreground = true;
    LogFormat foreground_format = LogFormat::text;
    LogTarget target = LogTarget::file;
    std::uint64_t max_size = 10u << 20;
    std::chrono::seconds max_age{std::chrono::hours{24 * 7}};
    std::uint32_t keep = 5;
    std::uint32_t tail = 20;
    friend bool operator==(const Log&, const Log&) = default;
};

// A socket that superd opens and holds for a unit.
struct Listener {
    std::string name;     // As LISTEN_FDNAMES has it.
    std::string address;  // "tcp://0.0.0.0:8080"; which instance it is may be open in it.
    bool shared = false;  // One for all instances; else each has its own.
    bool nodelay = true;  // tcp, as is this:
    bool deferred = false;
    std::uint32_t backlog = 4096;
    mode_t mode = 0660;  // unix, as are these:
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    Source::Place at;
    std::uint16_t column = 0;
};

enum class RunAs : std::uint8_t { unit, superd };

// What the hooks of core::HookRule are; by core::Hook.
struct Hooks {
    std::array<std::vector<std::string>, core::hook_count> argv;
    // As they are written: for all, and for one in place of that; 0: not written.
    std::chrono::nanoseconds timeout{std::chrono::seconds{30}};
    std::array<std::chrono::nanoseconds, core::hook_count> timeouts{};
    RunAs run_as = RunAs::unit;
};

struct Unit {
    core::UnitSpec spec;
    std::string description;
    bool by_cores = false;  // instances = "cores"; spec.instances is what that came to.
    Launch launch;
    std::unique_ptr<Ready> ready;    // Null: no [ready].
    std::vector<Ready> checks;       // How to ask; spec.checks, in the same order, has the rest.
    std::unique_ptr<Hooks> hooks;    // Null: no [hooks].
    std::unique_ptr<Hosted> hosted;  // Null: it runs launch.argv.
    std::shared_ptr<const Limits> limits;  // Null: no [limits].
    std::vector<Listener> listeners;  // In order of name; descriptors from 3 on, in this order.
    std::uint16_t fd_store_max = 0;   // Descriptors kept for it from run to run.
    Log log;
    Source source;
};

// superd.toml.
struct Settings {
    std::chrono::milliseconds heartbeat{std::chrono::seconds{10}};         // 0.1 s to 1 h.
    std::chrono::milliseconds shutdown_timeout{std::chrono::seconds{90}};  // Then SIGKILL to all.
    std::string cgroup = "auto";  // auto | off | an absolute cgroup v2 directory.
    std::map<std::string, std::string, std::less<>> variables;  // [variables], by name.
    std::vector<std::string> readers;  // [control] readers: users, "@group" or "*".
    std::string bus = "auto";          // [bus] address: auto | off | system | session | unix:…
    Log log;                           // [log]: defaults for every unit's.
};

struct Configuration {
    Settings settings;
    std::vector<std::shared_ptr<const Unit>> units;  // In order of name.
};

}  // namespace superd::config
