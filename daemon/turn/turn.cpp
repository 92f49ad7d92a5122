#include "turn/turn.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <variant>

namespace superd::turn {

// Spawns one process at a time, so that an exit never waits for a thousand
// starts; looks at process trees when nothing else is to do; and at the end
// writes what is to be remembered and told.
bool Turn::settle() {
    assert(!busy_ && "a turn within a turn");
    busy_ = true;
    const core::Instant until = shell_.now() + length;
    bool more = false;
    while (!more) {
        run_events();
        if (spawns_.empty()) {
            if (!shell_.look()) break;
            continue;
        }
        spawn_next();
        run_events();
        shell_.hear();
        more = shell_.now() >= until;
    }
    write_records();
    shell_.finish();
    busy_ = false;
    return more;
}

void Turn::run_events() {
    while (!events_.empty()) {
        const core::Event event = std::move(events_.front());
        events_.pop_front();
        perform(system_.step(event, shell_.now()));
    }
}

void Turn::commit() {
    run_events();
    write_records();
}

void Turn::perform(const core::Effects& effects) {
    for (const core::Effect& effect : effects) {
        if (const auto* const spawn = std::get_if<core::Spawn>(&effect)) {
            spawns_.push_back(*spawn);
            continue;
        }
        if (const auto* const changed = std::get_if<core::Changed>(&effect)) {
            outdate(changed->instance);
        }
        shell_.carry_out(effect);
    }
}

// The records name the run before its process exists: a supervisor that dies in
// between leaves no process behind that the next one does not look for.
void Turn::spawn_next() {
    const core::Spawn next = spawns_.front();
    spawns_.pop_front();
    const core::Instance* const instance = system_.find(next.instance);
    assert(instance != nullptr && instance->run == next.run && instance->pid == 0);
    if (instance->state == core::State::stopping) {
        // A stop has overtaken it: it would only be started to be killed.
        return add(core::SpawnFailed{next.instance, next.run, "stopped before it began"});
    }
    if (auto failed = shell_.prepare(next)) return add(std::move(*failed));
    write_records();
    // Else a supervisor that takes over would start another beside it.
    const bool unwritten = std::ranges::find(outdated_, next.instance) != outdated_.end();
    if (unwritten) return add(shell_.give_up(next));
    if (auto event = shell_.clone(next)) add(std::move(*event));
}

void Turn::write_records() {
    auto ids = std::exchange(outdated_, {});
    const auto key = [](core::InstanceId id) { return std::tuple{id.unit, id.index}; };
    std::ranges::sort(ids, {}, key);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    for (const core::InstanceId id : ids) {
        const core::Unit* const unit = system_.find(id.unit);
        const core::Instance* const instance = system_.find(id);
        if (unit == nullptr || instance == nullptr) continue;
        if (!shell_.write(id, *unit, *instance)) outdate(id);
    }
}

void Turn::take(std::span<const ToldExit> exits) {
    if (exits.empty()) return;
    std::vector<core::Exited> ended;
    for (const ToldExit& told : exits) {
        if (const auto exited = shell_.record(told)) ended.push_back(*exited);
    }
    shell_.publish();
    // One that has handed over to another main process is gone for good after
    // this: who takes over then must find the new one in the records.
    write_records();
    shell_.acknowledge(exits.back().pid, exits.size());
    for (const core::Exited& each : ended) go_on(each);
}

void Turn::go_on(const core::Exited& exited) {
    shell_.going_on(exited);
    add(exited);
    run_events();
}

}  // namespace superd::turn
