// What the simulation does to superd, by kind: each can be left out, which is
// how a failure is made small.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace superd::sim {

enum class Fault : std::uint8_t {
    crash,       // Processes end by themselves.
    deaf,        // They ignore all signals but SIGKILL.
    orphans,     // They leave children behind, some in a session of their own.
    unready,     // They are ready late, or never.
    unwell,      // Checks fail, pings do not come.
    hooks,       // Hooks fail, or hang.
    words,       // They say that they stop, reload, or need more time.
    handover,    // They name another main process.
    forks,       // fork(2) fails for a while, descriptors are used up, the disk is full.
    programs,    // The program cannot be started.
    echoes,      // What was told is told again, and of earlier runs.
    supervisor,  // The supervisor is killed.
    keeper,      // So are all of superd.
    freeze,      // The supervisor is stopped for a long time.
    kills,       // Somebody kills processes.
    start,       // The operator...
    stop,
    restart,
    reset,
    scale,
    roll,      // ... in turn, or services want a new run.
    reload,    // Another configuration.
    shutdown,  // superd is to stop in the middle of it all.
    clock,     // Somebody sets the wall clock, suspends timers or has them go on.
    hold,      // The operator has services stand still, and go on.
    demand,    // Somebody wants what sleeps, nobody uses what runs, superd scales by itself.
};

inline constexpr std::array<std::string_view, 26> fault_names{
    "crash",    "deaf",     "orphans",  "unready", "unwell",     "hooks",  "words",
    "handover", "forks",    "programs", "echoes",  "supervisor", "keeper", "freeze",
    "kills",    "start",    "stop",     "restart", "reset",      "scale",  "roll",
    "reload",   "shutdown", "clock",    "hold",    "demand"};

class Faults {
public:
    static constexpr Faults all() { return Faults{(1u << fault_names.size()) - 1}; }
    constexpr Faults() = default;
    constexpr bool has(Fault fault) const {
        return (bits_ >> static_cast<unsigned>(fault) & 1) != 0;
    }
    constexpr void drop(Fault fault) { bits_ &= ~(1u << static_cast<unsigned>(fault)); }

    static std::optional<Fault> find(std::string_view name) {
        for (std::size_t i = 0; i < fault_names.size(); ++i) {
            if (fault_names[i] == name) return static_cast<Fault>(i);
        }
        return std::nullopt;
    }
    // Names of those that are left out.
    std::string missing() const {
        std::string text;
        for (std::size_t i = 0; i < fault_names.size(); ++i) {
            if (has(static_cast<Fault>(i))) continue;
            text += (text.empty() ? "" : ",") + std::string{fault_names[i]};
        }
        return text;
    }
    friend bool operator==(const Faults&, const Faults&) = default;

private:
    explicit constexpr Faults(std::uint32_t bits) : bits_{bits} {}
    std::uint32_t bits_ = 0;
};

}  // namespace superd::sim
