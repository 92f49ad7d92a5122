// Workers as their pages show them: who is held to which rule, and what follows from what was seen.
#include "supervisor/watching.hpp"

#include "supervisor/inheritance.hpp"
#include "supervisor/supervisor.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace superd::supervisor {
namespace {

core::OnStall step(config::OnStall on_stall) {
    switch (on_stall) {
        case config::OnStall::log: return core::OnStall::log;
        case config::OnStall::trace: return core::OnStall::trace;
        case config::OnStall::replace: return core::OnStall::replace;
        case config::OnStall::kill: return core::OnStall::kill;
    }
    std::unreachable();
}

}  // namespace

core::StallRule stall_rule(const config::Hosted& hosted) {
    return {.warn = hosted.stall_warn,
            .timeout = hosted.stall_timeout,
            .task_timeout = hosted.task_timeout,
            .on_stall = step(hosted.on_stall)};
}

void Supervisor::watch_page(core::InstanceId id, core::RunId run) {
    const os::Fd* const page = pages_.find(run);
    if (page == nullptr) return;
    auto mapped = WorkerPage::map(*page);
    if (!mapped) return complain(mapped.error());
    watch_.add(run, id, std::move(*mapped));
}

// The keeper holds the pages of all runs, or, when it is a new one, the workers that live have
// theirs.
void Supervisor::adopt_pages(Inheritance& from) {
    std::map<core::RunId, core::InstanceId> owners;
    for (std::size_t i = 0; i < from.verdicts.size(); ++i) {
        const turn::Record& record = from.records.records[i].record;
        const core::Unit* const unit = system_.find(record.unit);
        if (unit == nullptr || system_.find({unit->id, record.index}) == nullptr) continue;
        const core::InstanceId id{unit->id, record.index};
        owners[from.verdicts[i].run] = id;
        owners.try_emplace(from.verdicts[i].last_run, id);
    }
    // A run beside another has its page where the instance has its own.
    const auto slot_of = [&](core::RunId run) {
        const auto owner = owners.find(run);
        return owner != owners.end() ? std::optional{table_.row(core::in_place(owner->second)).slot}
                                     : std::nullopt;
    };
    from.pages = pages_.adopt(from.held, slot_of);
    std::size_t hidden = 0;
    for (Inheritance::Verdict& verdict : from.verdicts) {
        if (!verdict.page) ++hidden;
        const auto slot = slot_of(verdict.run);
        if (!slot || !verdict.page || !*verdict.page) continue;
        pages_.restore(*slot, verdict.run, std::move(*verdict.page));
    }
    if (hidden != 0) {
        log_.warn("cannot watch " + std::to_string(hidden) +
                  (hidden == 1 ? " worker" : " workers") +
                  " that outlived all of superd, until restarted: to take back what it shares with "
                  "them it needs CAP_SYS_PTRACE");
    }
    for (const core::RunId run : pages_.runs()) watch_page(owners.at(run), run);
}

void Supervisor::tend_watch(core::InstanceId id, const core::Instance& instance) {
    const bool serves = instance.state == core::State::ready && instance.pid != 0 &&
                        instance.announced != core::Announced::stopping;
    if (!serves) return watch_.end(instance.run);
    if (core::held(instance)) return watch_.rest(instance.run, instance.pid);
    if (watch_.holds(instance.run, instance.pid)) return;
    const config::Unit* const unit = definitions_.find(unit_name(id.unit));
    if (unit == nullptr || !unit->hosted) return;
    watch_.begin(instance.run, instance.pid, stall_rule(*unit->hosted));
}

// The rules may be others now.
void Supervisor::renew_watches() {
    if (watch_.empty()) return;
    for (const auto& unit : definitions_.configuration().units) {
        const core::Unit* const known = unit->hosted ? system_.find(unit->spec.name) : nullptr;
        if (known == nullptr) continue;
        const core::StallRule rule = stall_rule(*unit->hosted);
        for (std::uint32_t index = 0; index < known->instances.size(); ++index) {
            const core::Instance& instance = known->instances[index];
            if (watch_.rule(instance.run) == rule) continue;
            watch_.end(instance.run);
            tend_watch({known->id, index}, instance);
        }
    }
}

void Supervisor::stall_told(const WorkerWatch::Told& told) {
    const std::string text = core::describe(told.turn);
    const std::string name = name_of(told.id);
    flush_notes();
    wire::Event event{.kind = wire::EventKind::stall,
                      .unit = unit_name(told.id.unit),
                      .instance = core::number_of(told.id),
                      .run = told.run,
                      .pid = told.pid};
    event.to = core::to_string(told.turn.kind);
    const bool recovered = told.turn.kind == core::StallTurn::Kind::recovered;
    if (!recovered) event.reason = core::to_string(told.turn.cause);
    event.message = text;
    event.lines = told.stack;
    append(std::move(event));
    log_.warn("unit " + name + ": " + text);
    logs_.say(told.run, "superd: " + text);
    for (std::size_t i = 0; i < told.stack.size(); ++i) {
        logs_.say(told.run, "superd:   #" + std::to_string(i) + " " + told.stack[i]);
    }
    if (told.turn.acts && told.on_stall >= core::OnStall::replace) {
        const bool kill = told.on_stall == core::OnStall::kill;
        turn_.add(core::Stalled{told.id, told.run, kill, text});
    }
    settle_later();
}

void Supervisor::add_crash(core::InstanceId id, wire::Event& event) const {
    const core::Instance& instance = *system_.find(id);
    auto report = watch_.crash(instance.run, instance.pid);
    if (!report) return;
    if (event.message.empty()) event.message = std::move(report->text);
    event.lines = std::move(report->stack);
}

}  // namespace superd::supervisor
