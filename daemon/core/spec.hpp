// What the core must know of a unit to decide for it. What a unit *runs* (its
// arguments, its user, its probes) is none of the core's business.
#pragma once

#include "core/check.hpp"
#include "core/hook.hpp"
#include "core/renewal.hpp"
#include "core/schedule.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace superd::core {

enum class UnitType : std::uint8_t {
    service,  // Runs until it is stopped.
    oneshot,  // Runs to its end; an exit with success completes it.
    group,    // Runs nothing itself: it is what its members are.
};

enum class RestartPolicy : std::uint8_t { always, on_failure, never };

// What happens when `RestartRule::limit` is exceeded.
enum class OnLimit : std::uint8_t {
    wait,      // Wait until the window has room, then go on. Never gives up.
    fail,      // Give up: the instance is `failed` until the operator starts or resets it.
    escalate,  // Its group has failed, whatever the group's intensity; without a group: fail.
};

// Which members of a group are started again when one is, as OTP's supervisors
// have it (supervisor(3erl)).
enum class Strategy : std::uint8_t {
    one_for_one,   // That one.
    one_for_all,   // All, once all are down.
    rest_for_one,  // That one and those after it, once these are down.
};

struct GroupRule {
    std::vector<std::string> members;  // In order: rest_for_one starts them so.
    // Of them: when one of these ends with success and stays down, all are stopped.
    std::vector<std::string> significant;
    Strategy strategy = Strategy::one_for_one;
    // Restarts of members allowed within `window`; one more, and the group has
    // failed: its parent decides, or all its members stay down. 0: no limit.
    std::uint32_t limit = 0;
    Duration window{};
};

// When to restart an instance whose run ended by itself, and how fast.
struct RestartRule {
    RestartPolicy policy = RestartPolicy::on_failure;
    OnLimit on_limit = OnLimit::wait;
    double factor = 2.0;  // Each further retry waits this many times longer...
    double jitter = 0.1;  // ...plus or minus up to this share of it, 0 to 1.
    Duration delay = std::chrono::milliseconds{100};
    Duration max_delay = std::chrono::seconds{30};
    // A run at least this long resets the back-off, and its retry is immediate.
    Duration stable_after = std::chrono::seconds{10};
    std::uint32_t limit = 0;  // Restarts allowed within `window`; 0: no limit. At most limit_max.
    Duration window{};
    std::vector<std::int32_t> success_codes{0};
    std::vector<std::int32_t> success_signals;  // By number; a stop's own signals always count.
    std::vector<std::int32_t> never_on_codes, never_on_signals;  // Never restart after these.
    std::vector<std::int32_t> always_on_codes,
        always_on_signals;  // Restart even if policy forbids.

    static constexpr std::uint32_t limit_max = 64;
};

enum class DependencyKind : std::uint8_t {
    needs,  // Must be up before and while this runs.
    wants,  // Is started along; its failure changes nothing.
    after,  // Order only: if it is wanted too, wait for it.
};

// How far the dependency must have come before the dependent may start.
enum class When : std::uint8_t { started, ready, completed };

struct Dependency {
    std::string unit;
    DependencyKind kind = DependencyKind::needs;
    When when = When::ready;  // Of no meaning for `wants`, which does not wait.
};

// One step of a stop: send `signal`, wait up to `patience` for the tree to end.
struct StopStep {
    std::int32_t signal = 0;
    Duration patience{};
};

// A service that says every so often that it is well (WATCHDOG=1 of sd_notify(3)).
struct WatchdogRule {
    Duration every{};         // 0: none.
    std::int32_t signal = 6;  // SIGABRT: what ends a run that did not, before UnitSpec::stop.
    friend bool operator==(const WatchdogRule&, const WatchdogRule&) = default;
};

// Between how many instances superd chooses by itself; see Autoscaler.
struct ScaleRule {
    std::uint32_t min = 1, max = 1;
    std::uint32_t spare = 0;  // So many that do nothing are kept beside those that work.
    Duration idle_timeout = std::chrono::minutes{1};  // What was not needed for so long goes.
    friend bool operator==(const ScaleRule&, const ScaleRule&) = default;
};

struct UnitSpec {
    std::string name;
    UnitType type = UnitType::service;
    bool autostart = true;      // Its goal is `up` when superd meets it for the first time.
    bool essential = false;     // Lost for good, it takes superd along: see ShuttingDown.
    bool awaits_ready = false;  // False: ready as soon as it runs.
    bool on_demand = false;     // It sleeps until a connection comes: see AwaitDemand.
    bool drains = false;        // Each instance has a queue of its own: see Drain.
    std::uint32_t instances = 1;
    Duration ready_timeout = std::chrono::seconds{20};
    RestartRule restart;
    std::vector<StopStep> stop;  // Never empty; the last step is repeated until the tree is gone.
    std::vector<Dependency> dependencies;
    Duration idle_timeout{};  // On demand: what nobody uses for so long sleeps again; 0: nothing.
    std::shared_ptr<const ScaleRule> scale;  // Null: `instances` it is.
    std::shared_ptr<const GroupRule> group;  // Of a group only.
    std::shared_ptr<const TimerRule> timer;  // Of a oneshot only; null: none.
    std::vector<CheckSpec> checks;           // Names are unique.
    WatchdogRule watchdog;
    std::shared_ptr<const HookRule> hooks;  // Null: none.
    RollingRule rolling;
    RecycleRule recycle;
    // The longest that a service may put off a deadline of its start, its stop or its watchdog.
    Duration extend_max = std::chrono::minutes{10};

    static constexpr std::size_t checks_max = 16;
    static constexpr std::uint32_t instances_max = 1024;
};

// The core keeps no copy of what the configuration holds already.
using SharedSpec = std::shared_ptr<const UnitSpec>;

}  // namespace superd::core
