// Another configuration while units run.
#include "config/wording.hpp"
#include "os/cores.hpp"
#include "os/file.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"
#include "supervisor/template_plan.hpp"

#include <malloc.h>

#include <algorithm>
#include <set>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::size_t accepted_max = 256u << 20;
// Descriptors that keeper and logger need beside those of the instances.
constexpr rlim_t descriptors_beside = 64;
constexpr rlim_t descriptors_per_instance = 2;
constexpr rlim_t descriptors_per_socket = 2;

const char* word_for(config::ChangeKind kind) {
    switch (kind) {
        case config::ChangeKind::added: return "added";
        case config::ChangeKind::removed: return "removed";
        case config::ChangeKind::live: return "live";
        case config::ChangeKind::restart: return "restart";
        case config::ChangeKind::instances: return "instances";
    }
    std::unreachable();
}

std::string detail_of(const config::Change& change) {
    if (change.kind == config::ChangeKind::instances) {
        return "instances " + std::to_string(change.instances_before) + " → " +
               std::to_string(change.instances_after) + (change.by_cores ? " (cores)" : "");
    }
    std::string keys;
    for (const auto& key : change.keys) keys += (keys.empty() ? "" : ", ") + key;
    if (keys.empty()) return {};
    keys += change.keys.size() == 1 ? " differs" : " differ";
    return change.kind == config::ChangeKind::restart ? "restarts: " + keys : keys;
}

wire::Plan render(const std::vector<config::Change>& changes, const core::System& system) {
    wire::Plan plan;
    for (const config::Change& change : changes) {
        wire::PlannedChange out;
        out.unit = change.unit;
        out.change = word_for(change.kind);
        out.keys = change.keys;
        out.detail = detail_of(change);
        const core::Unit* const unit = system.find(change.unit);
        if (unit != nullptr && unit->scaled != 0 &&
            change.instances_before != change.instances_after) {
            out.detail += "; scaled by the operator to " + std::to_string(unit->scaled) + " now";
        }
        plan.changes.push_back(std::move(out));
    }
    return plan;
}

// A configuration on disk, and what it would change.
struct Candidate {
    config::Sources sources;
    config::Configuration configuration;
    std::vector<config::Change> changes;
};

std::expected<Candidate, config::Diagnostics> read_candidate(
    const std::string& directory, const std::vector<std::string>& profiles,
    const config::Configuration& present) {
    auto sources = config::read_sources(directory, profiles);
    if (!sources) return std::unexpected{std::move(sources.error())};
    sources->cores = os::usable_cores();
    auto configuration = config::parse(*sources);
    if (!configuration) return std::unexpected{std::move(configuration.error())};
    auto changes = config::difference(present, *configuration);
    return Candidate{std::move(*sources), std::move(*configuration), std::move(changes)};
}

Accepted read_accepted(const std::string& path) {
    const auto text = os::read_file(path, accepted_max);
    auto accepted = text ? Accepted::deserialize(*text) : std::unexpected{text.error()};
    return accepted ? std::move(*accepted) : Accepted{};
}

// From what to what: `plan` has the candidate's changes.
void add_values(const Candidate& candidate, const Accepted& accepted, wire::Plan& plan) {
    std::vector<config::Wording> generations;
    for (const auto& sources : accepted.generations) generations.emplace_back(sources);
    if (generations.empty()) return;
    config::Wording next{candidate.sources};
    for (std::size_t i = 0; i < plan.changes.size(); ++i) {
        const config::Change& change = candidate.changes[i];
        const auto held_back = accepted.held_back.find(change.unit);
        config::Wording& before = held_back == accepted.held_back.end()
                                      ? generations.back()
                                      : generations[held_back->second];
        for (auto& key : config::explain(change, before, next)) {
            plan.changes[i].values.push_back(
                {std::move(key.key), std::move(key.before), std::move(key.after), key.restarts});
        }
        const bool leaves = change.kind == config::ChangeKind::removed;
        plan.changes[i].files = (leaves ? before : next).files(change.unit);
    }
}

}  // namespace

wire::Plan Supervisor::refuse(const config::Diagnostics& diagnostics) {
    wire::Plan plan;
    for (const auto& diagnostic : diagnostics) plan.errors.push_back(diagnostic.text());
    append({.kind = wire::EventKind::config,
            .message = "a configuration with " + std::to_string(plan.errors.size()) +
                       " mistakes was refused; the one in force stays"});
    publish();
    return plan;
}

wire::Plan Supervisor::plan() {
    const auto candidate =
        read_candidate(setting_.config_directory, setting_.profiles, definitions_.configuration());
    wire::Plan plan;
    if (candidate) {
        plan = render(candidate->changes, system_);
        const auto accepted = read_accepted(setting_.runtime_directory + "/accepted");
        add_values(*candidate, accepted, plan);
        return plan;
    }
    for (const auto& diagnostic : candidate.error()) plan.errors.push_back(diagnostic.text());
    return plan;
}

wire::Plan Supervisor::reload() { return change(false, std::nullopt); }
wire::Plan Supervisor::apply(const std::optional<Rolling>& rolling) {
    return change(true, rolling);
}

wire::Plan Supervisor::change(bool restarts, const std::optional<Rolling>& rolling) {
    condition_.tell(keeper::Phase::reloading);
    wire::Plan plan = take_in(restarts, rolling);
    condition_.tell(keeper::Phase::serving);
    return plan;
}

wire::Plan Supervisor::take_in(bool restarts, const std::optional<Rolling>& rolling) {
    auto candidate =
        read_candidate(setting_.config_directory, setting_.profiles, definitions_.configuration());
    if (!candidate) return refuse(candidate.error());
    wire::Plan plan = render(candidate->changes, system_);
    std::set<std::string> held_back;
    for (std::size_t i = 0; i < plan.changes.size(); ++i) {
        const config::Change& one = candidate->changes[i];
        plan.changes[i].applied = restarts || one.kind != config::ChangeKind::restart;
        if (!plan.changes[i].applied) held_back.insert(one.unit);
    }
    const std::string path = setting_.runtime_directory + "/accepted";
    Accepted before = held_back.empty() ? Accepted{} : read_accepted(path);
    const Accepted accepted = succeed(std::move(before), std::move(candidate->sources), held_back);
    auto merged = std::move(candidate->configuration);
    if (!held_back.empty()) {
        auto mixed = realize(accepted);
        if (!mixed) return refuse(mixed.error());
        merged = std::move(*mixed);
        if (const auto circle = find_cycle(merged); !circle.empty()) {
            return refuse({{.file = "reload",
                            .message = "cannot take the changes in without restarts: with units "
                                       "that keep their definition until `superctl apply`, the "
                                       "dependencies would form a circle: " +
                                       circle}});
        }
    }
    const auto written = os::write_file(path, accepted.serialize(), 0600);
    if (!written) return refuse({{.file = path, .message = written.error().message()}});
    put_in_force(std::move(merged), candidate->changes, restarts, rolling);
    append({.kind = wire::EventKind::config,
            .message = std::string{restarts ? "applied" : "reloaded"} + ": " +
                       std::to_string(plan.changes.size() - held_back.size()) + " units changed, " +
                       std::to_string(held_back.size()) + " wait for superctl apply"});
    settle();
    ::malloc_trim(0);
    return plan;
}

void Supervisor::put_in_force(config::Configuration next,
                              const std::vector<config::Change>& changes, bool restarts,
                              const std::optional<Rolling>& rolling) {
    definitions_.replace(std::move(next));
    settings_changed();
    turn_.perform(system_.apply(definitions_.specs(), now()));
    warn_of_limits_missing();
    for (const config::Change& change : changes) {
        const core::Unit* const unit = system_.find(change.unit);
        if (unit == nullptr) continue;
        renew_limits(change.unit);
        const bool rolls = restarts && rolling && change.kind == config::ChangeKind::restart &&
                           unit->spec->type != core::UnitType::group;
        if (rolls) {
            turn_.add(
                core::RollRequested{{unit->id, core::all_instances}, 0, rolling->batch, true});
        }
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const core::Instance& instance = unit->instances[index];
            const core::InstanceId id{unit->id, index};
            // Asleep, it is reached where its new definition says.
            if (instance.state == core::State::waiting && instance.reason == core::Reason::demand) {
                await_demand(id);
            }
            if (!core::alive(instance)) continue;
            if (change.kind == config::ChangeKind::live) logs_.refresh(id);
            // What is wanted and runs by its earlier definition; the rest takes
            // the new one when it is started.
            const bool due = restarts && !rolls && change.kind == config::ChangeKind::restart &&
                             instance.goal == core::Goal::up;
            if (due) turn_.add(core::RestartRequested{id, 0, true});
        }
    }
    renew_watches();
}

void Supervisor::settings_changed() {
    measure_later();
    readers_ = Readers::resolve(definitions_.settings().readers);
    if (going_) beat();
    watch_loads();
    preloading_.any = std::ranges::any_of(definitions_.configuration().units,
                                          [](const auto& unit) { return has_template(*unit); });
    preloading_.due = true;
    warn_of_limits();
}

void Supervisor::warn_of_limits() {
    rlim_t instances = 0, sockets = 0;
    for (const auto& unit : definitions_.configuration().units) {
        instances += unit->spec.instances;
        sockets += unit->spec.instances * unit->listeners.size();
    }
    const rlim_t needed = instances * descriptors_per_instance + sockets * descriptors_per_socket +
                          descriptors_beside;
    if (needed <= setting_.open_files.soft) return;
    log_.warn("cannot be sure to run " + std::to_string(instances) +
              " instances: each costs 2 open files in superd and in its logger, " +
              std::to_string(needed) + " in all, and the limit is " +
              std::to_string(setting_.open_files.soft) +
              "; raise LimitNOFILE= of superd.service or `ulimit -Hn`");
}

void Supervisor::write_accepted(const Accepted& accepted) {
    const std::string path = setting_.runtime_directory + "/accepted";
    const auto written = os::write_file(path, accepted.serialize(), 0600);
    if (!written) complain(written.error());
}

}  // namespace superd::supervisor
