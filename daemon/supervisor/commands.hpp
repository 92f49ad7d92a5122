// Those who wait: for the outcome of what they asked, or for a state.
#pragma once

#include "core/system.hpp"
#include "supervisor/operations.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace superd::supervisor {

class Commands {
public:
    using Done = Operations::Done;
    // Fills in state and reason of an outcome.
    using Describe = std::function<void(TargetOutcome&)>;

    explicit Commands(const core::System& system, Describe describe)
        : system_{system}, describe_{std::move(describe)} {}

    // Somebody waits for an answer of the core for each target. The answers
    // come under `first_command` + the target's position.
    std::uint64_t begin(const std::vector<Target>& targets, Done done,
                        core::CommandId& first_command);
    // `text`: why; empty: the target's state tells.
    void answered(core::CommandId command, core::Outcome outcome, const std::string& text = {});
    // Somebody waits until the targets' states are as wanted.
    std::uint64_t await(Operations::Until until, const std::vector<Target>& targets, Done done);
    void abandon(std::uint64_t id) { waiting_.erase(id); }

    // Calls those whose wait is over. `changed`: states may be other ones than before.
    void deliver(bool changed);
    // Nothing will come any more. True if anybody was told so.
    bool end();

private:
    struct Waiting {
        std::vector<TargetOutcome> outcomes;
        std::vector<bool> known;  // Which of them.
        std::size_t open = 0;
        bool watches = false;  // A state, not an answer.
        Operations::Until until{};
        Done done;
    };
    Waiting& add(const std::vector<Target>& targets, Done done);
    void settle(Waiting& waiting, std::size_t position, core::Outcome outcome,
                const std::string& text = {});
    std::optional<core::Outcome> reached(Operations::Until until, const Target& target) const;
    std::string failed_roll(const Target& target) const;

    const core::System& system_;
    Describe describe_;
    std::map<std::uint64_t, Waiting> waiting_;
    std::unordered_map<core::CommandId, std::pair<std::uint64_t, std::size_t>> commands_;
    std::uint64_t next_id_ = 1;
    core::CommandId next_command_ = 1;
};

}  // namespace superd::supervisor
