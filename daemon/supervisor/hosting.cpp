// Workers: what they are given besides what every service gets, and how many of them there are.
#include "os/cores.hpp"
#include "supervisor/supervisor.hpp"
#include "supervisor/worker_settings.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::chrono::milliseconds look_every{200};
// Who uses a unit is asked so many times within its idle-timeout, and not more often than that.
constexpr int looks_per_timeout = 8;

// "crash(SIGSEGV)", "exit(1)" of the run before; else what began this one.
std::string reason_of(const core::Instance& instance) {
    if (instance.origin != core::Origin::ended || !instance.last_exit) {
        const bool ended = instance.origin == core::Origin::ended;
        return std::string{core::to_string(ended ? core::Origin::restart : instance.origin)};
    }
    const core::ExitStatus& status = instance.last_exit->status;
    if (status.signal != 0) return "crash(" + core::signal_name(status.signal) + ")";
    return status.unknown ? "exit(unknown)" : "exit(" + std::to_string(status.code) + ")";
}

bool is_watched(const config::Unit& unit) {
    return unit.spec.scale || (unit.spec.on_demand && unit.spec.idle_timeout.count() > 0);
}

}  // namespace

std::optional<core::SpawnFailed> Supervisor::prepare_worker(const core::Spawn& spawn,
                                                            const config::Unit& unit) {
    const auto [id, run] = spawn;
    const core::Unit& known = *system_.find(id.unit);
    const core::Instance& instance = *system_.find(id);
    const WorkerFacts facts{core::number_of(id), core::wanted_instances(known), instance.generation,
                            reason_of(instance)};
    const auto processors = os::allowed_processors();
    auto settings = sealed_file("superd-settings", worker_settings(unit, facts, processors));
    Row& row = table_.row(core::in_place(id));
    if (!records_->provide(row.slot)) return give_up(spawn);  // Its pages are known by that.
    const auto lives = [this, id](core::RunId one) {
        return std::ranges::any_of(
            std::array{core::in_place(id), core::beside(id)}, [&](auto place) {
                const core::Instance* const there = system_.find(place);
                return there != nullptr && there->run == one && core::alive(*there);
            });
    };
    const auto page = pages_.make(row.slot, run, lives);
    if (!settings || !page) {
        const Error& error = settings ? page.error() : settings.error();
        return spawn_failed(id, run, name_of(id) + ": cannot start: " + error.message(), true);
    }
    watch_page(id, run);
    os::SpawnPlan& plan = prepared_->plan;
    int to = 3;
    for (const auto& each : plan.descriptors) to = std::max(to, each.to + 1);
    plan.descriptors.push_back({settings->get(), to});
    plan.env.push_back("SUPERD_SETTINGS=" + std::to_string(to++));
    plan.descriptors.push_back({*page, to});
    plan.env.push_back("SUPERD_PAGE=" + std::to_string(to));
    prepared_->settings = std::move(*settings);
    return std::nullopt;
}

void Supervisor::watch_loads() {
    const bool begins = loads_.empty();
    std::map<std::string, LoadMeter> wanted;
    for (const auto& unit : definitions_.configuration().units) {
        if (!is_watched(*unit)) continue;
        auto known = loads_.extract(unit->spec.name);
        known.empty() ? static_cast<void>(wanted[unit->spec.name])
                      : static_cast<void>(wanted.insert(std::move(known)));
    }
    loads_ = std::move(wanted);
    if (loads_.empty()) load_timer_.cancel();
    if (begins && !loads_.empty()) look_at_loads();
}

void Supervisor::look_at_loads() {
    load_timer_.expires_after(look_every);
    load_timer_.async_wait([this](boost::system::error_code error) {
        if (error || loads_.empty()) return;
        for (auto& [name, meter] : loads_) {
            if (const config::Unit* const unit = definitions_.find(name)) {
                look_at_load(*unit, meter);
            }
        }
        look_at_loads();
        settle();
    });
}

void Supervisor::look_at_load(const config::Unit& unit, LoadMeter& meter) {
    const core::Unit* const known = system_.find(unit.spec.name);
    if (known == nullptr || known->removed) return;
    const core::Instant moment = now();
    const core::Load load = meter.measure(unit, *known, listeners_, pages_, moment);
    if (load.ready == 0) {
        meter.unused_since = core::Instant{};
        return;
    }
    const bool chooses = unit.spec.scale && known->scaled == 0;
    std::uint32_t count = core::wanted_instances(*known);
    const auto tell = [&](std::uint32_t target, const std::string& why) {
        append({.kind = wire::EventKind::config,
                .unit = unit.spec.name,
                .message = "workers " + std::to_string(count) + " → " + std::to_string(target) +
                           ": " + why});
        count = target;
    };
    const std::uint32_t target =
        chooses ? meter.scaler.decide(*unit.spec.scale, count, load, moment) : count;
    if (target != count) {
        turn_.add(core::Autoscaled{known->id, target});
        tell(target, std::to_string(load.busy) + " of " + std::to_string(load.ready) + " busy, " +
                         std::to_string(load.waiting) + " connections wait");
    }
    const core::Duration timeout = unit.spec.idle_timeout;
    if (!unit.spec.on_demand || timeout.count() == 0) return;
    const bool working = load.waiting > 0 || (unit.hosted && load.busy > 0);
    if (!working && moment < meter.next_look) return;
    meter.next_look =
        moment + std::min<core::Duration>(timeout / looks_per_timeout, std::chrono::seconds{1});
    if (working || LoadMeter::is_used(unit.spec.name, listeners_)) {
        meter.unused_since = core::Instant{};
    } else if (meter.unused_since == core::Instant{}) {
        meter.unused_since = moment;
    } else if (moment - meter.unused_since >= timeout) {
        meter.unused_since = core::Instant{};
        turn_.add(core::FellIdle{known->id});
        if (chooses && count > unit.spec.instances) tell(unit.spec.instances, "they fall asleep");
    }
}

}  // namespace superd::supervisor
