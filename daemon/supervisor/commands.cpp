#include "supervisor/commands.hpp"

#include "supervisor/selectors.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace superd::supervisor {
namespace {

std::optional<core::Outcome> ready_outcome(const core::Instance& instance) {
    using core::State;
    switch (instance.state) {
        case State::ready:
        case State::completed: return core::Outcome::done;
        case State::failed: return core::Outcome::failed;
        case State::inactive:
            // Ended and not to be restarted: it will not come. One that was
            // never asked for may be started yet.
            if (instance.goal == core::Goal::up && instance.reason != core::Reason::scheduled) {
                return core::Outcome::failed;
            }
            return std::nullopt;
        case State::waiting:
            // Asleep it is as ready as it can be until a connection comes.
            if (instance.reason == core::Reason::demand) return core::Outcome::done;
            return std::nullopt;
        case State::starting:
        case State::stopping:
        case State::backoff: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<core::Outcome> stopped_outcome(const core::Instance& instance) {
    using core::State;
    switch (instance.state) {
        case State::inactive:
        case State::failed:
        case State::completed: return core::Outcome::done;
        case State::waiting:
        case State::starting:
        case State::ready:
        case State::stopping:
        case State::backoff: return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

Commands::Waiting& Commands::add(const std::vector<Target>& targets, Done done) {
    Waiting& waiting = waiting_[next_id_];
    waiting.done = std::move(done);
    waiting.open = targets.size();
    waiting.known.assign(targets.size(), false);
    for (const Target& target : targets) waiting.outcomes.push_back({.target = target});
    return waiting;
}

std::uint64_t Commands::begin(const std::vector<Target>& targets, Done done,
                              core::CommandId& first_command) {
    add(targets, std::move(done));
    first_command = next_command_;
    for (std::size_t i = 0; i < targets.size(); ++i) commands_[next_command_++] = {next_id_, i};
    return next_id_++;
}

std::uint64_t Commands::await(Operations::Until until, const std::vector<Target>& targets,
                              Done done) {
    Waiting& waiting = add(targets, std::move(done));
    waiting.watches = true;
    waiting.until = until;
    return next_id_++;
}

void Commands::answered(core::CommandId command, core::Outcome outcome, const std::string& text) {
    const auto found = commands_.find(command);
    if (found == commands_.end()) return;
    const auto [id, position] = found->second;
    commands_.erase(found);
    const auto waiting = waiting_.find(id);
    if (waiting != waiting_.end()) settle(waiting->second, position, outcome, text);
}

void Commands::settle(Waiting& waiting, std::size_t position, core::Outcome outcome,
                      const std::string& text) {
    if (waiting.known[position]) return;
    waiting.known[position] = true;
    --waiting.open;
    waiting.outcomes[position].outcome = outcome;
    describe_(waiting.outcomes[position]);
    if (!text.empty()) waiting.outcomes[position].reason = text;
}

// How the last rolling restart of the target's unit failed; empty: it did not.
std::string Commands::failed_roll(const Target& target) const {
    const core::Unit* const unit = system_.find(target.unit);
    return unit != nullptr ? unit->roll_failure : "";
}

std::optional<core::Outcome> Commands::reached(Operations::Until until,
                                               const Target& target) const {
    const bool ready = until != Operations::Until::stopped;
    if (until == Operations::Until::rolled) {
        const core::Unit* const unit = system_.find(target.unit);
        if (unit != nullptr && (unit->rolling || !unit->beside.empty())) return std::nullopt;
        if (!failed_roll(target).empty()) return core::Outcome::failed;
    }
    const auto instances = instances_of(system_, target);
    // What is not known any more will not be ready, and is stopped.
    if (instances.empty()) return ready ? core::Outcome::failed : core::Outcome::done;
    bool open = false;
    for (const auto id : instances) {
        const core::Instance& instance = *system_.find(id);
        // What does not run takes its new definition when it is started, by whomever.
        const bool rests = instance.state == core::State::inactive;
        if (rests && until == Operations::Until::rolled) continue;
        const auto one = ready ? ready_outcome(instance) : stopped_outcome(instance);
        if (one == core::Outcome::failed) return one;
        open = open || !one;
    }
    if (open) return std::nullopt;
    return core::Outcome::done;
}

void Commands::deliver(bool changed) {
    std::vector<std::pair<Done, std::vector<TargetOutcome>>> over;
    for (auto next = waiting_.begin(); next != waiting_.end();) {
        const auto current = next++;
        Waiting& waiting = current->second;
        for (std::size_t i = 0; waiting.watches && changed && i < waiting.outcomes.size(); ++i) {
            if (waiting.known[i]) continue;
            const Target& target = waiting.outcomes[i].target;
            const auto outcome = reached(waiting.until, target);
            const bool rolled = waiting.until == Operations::Until::rolled;
            if (outcome) settle(waiting, i, *outcome, rolled ? failed_roll(target) : "");
        }
        if (waiting.open != 0) continue;
        over.emplace_back(std::move(waiting.done), std::move(waiting.outcomes));
        waiting_.erase(current);
    }
    // Last: they may begin something new.
    for (auto& [done, outcomes] : over) done(std::move(outcomes));
}

bool Commands::end() {
    if (waiting_.empty()) return false;
    for (auto& [id, waiting] : waiting_) {
        for (std::size_t i = 0; i < waiting.outcomes.size(); ++i) {
            settle(waiting, i, core::Outcome::superseded);
        }
    }
    deliver(false);
    return true;
}

}  // namespace superd::supervisor
