// 2. A crash of one service changes no other's pid, state or latency, unless a
// dependency or a group's strategy says so: whoever is ended is ended for a
// reason that is true.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <variant>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;
using core::Reason;

class Isolation final : public Invariant {
public:
    explicit Isolation(const Scene& scene) : Invariant{scene, "2 isolation"} {}

    void told(const core::Event& event) override {
        if (const auto* const e = std::get_if<core::TreeEmpty>(&event)) return failed(e->instance);
        if (const auto* const e = std::get_if<core::SpawnFailed>(&event)) {
            return failed(e->instance);
        }
        if (const auto* const e = std::get_if<core::TimerFired>(&event)) failed(e->instance);
        if (const auto* const e = std::get_if<core::DemandFailed>(&event)) failed(e->instance);
        const bool scales = std::holds_alternative<core::ScaleRequested>(event) ||
                            std::holds_alternative<core::Autoscaled>(event);
        if (scales) reloading();
        std::visit(
            [&](const auto& e) {
                using E = std::decay_t<decltype(e)>;
                constexpr bool renews = std::is_same_v<E, core::RollRequested> ||
                                        std::is_same_v<E, core::RecycleAsked> ||
                                        std::is_same_v<E, core::Stalled> ||
                                        std::is_same_v<E, core::MemoryMeasured>;
                if constexpr (renews) to_renew_.insert(scene_.key(e.instance).unit);
            },
            event);
        if (const auto* const h = std::get_if<core::HookEnded>(&event); h != nullptr) {
            failed(h->instance);
            if (!h->ok) hook_failed_.insert(h->run);
        }
        if (const auto* const e = std::get_if<core::MainChanged>(&event)) {
            handed_over_.insert(e->run);
        } else if (const auto* const w = std::get_if<core::WatchdogTold>(&event)) {
            pinged_[w->run] = w->hung ? Instant{} : scene_.now();
        } else if (const auto* const s = std::get_if<core::Stalled>(&event)) {
            if (s->kill) stalled_.insert(s->run);
        } else if (const auto* const f = std::get_if<core::CheckFailed>(&event)) {
            ++failures_[f->run][f->check];
        } else if (const auto* const p = std::get_if<core::CheckPassed>(&event)) {
            failures_[p->run][p->check] = 0;
        } else if (const auto* const a = std::get_if<core::ServiceAnnounced>(&event)) {
            if (a->what == core::Announced::stopping) stopping_.insert(a->run);
        }
    }
    void asked(const core::Effect& effect) override {
        if (const auto* const c = std::get_if<core::CancelHook>(&effect)) {
            hook_failed_.insert(c->run);
        }
        const auto* const change = std::get_if<core::Changed>(&effect);
        if (change == nullptr || change->from == change->to) return;
        const core::Instance* const found = scene_.system->find(change->instance);
        if (found == nullptr) return;
        if (change->to == core::State::ready) pinged_[found->run] = scene_.now();
        if (change->to != core::State::stopping) return;
        const core::Unit& unit = scene_.unit(change->instance);
        const core::Instance& instance = *found;
        if (unit.spec->type == core::UnitType::group || instance.run == 0) return;
        if (instance.state == core::State::stopping) judge(change->instance, unit, instance);
    }
    void took_over() override { renewed_ = scene_.now(); }
    void reloading() override {
        removed_.clear();
        each_instance(scene_, [&](core::InstanceId id, const core::Unit&, const core::Instance& i) {
            if (i.removed) removed_.insert(key(id));
        });
    }

private:
    std::uint64_t key(core::InstanceId id) const { return pack(scene_.key(id)); }
    void failed(core::InstanceId id) { failed_at_[scene_.key(id).unit] = scene_.now(); }

    void judge(core::InstanceId id, const core::Unit& unit, const core::Instance& i) {
        const Life* const made = scene_.life(id);
        const Life life = made != nullptr ? *made : Life{.has_ended = true};
        switch (i.reason) {
            case Reason::leftovers:
                return require(life.has_ended || handed_over_.contains(i.run),
                               "it is taken for ended, and lives", id);
            case Reason::stopped:
                return require(unit.instances[core::number_of(id)].goal == core::Goal::down,
                               "it is stopped against its goal", id);
            case Reason::removed:
                return require(i.removed || unit.removed ||
                                   unit.instances[core::number_of(id)].removed ||
                                   removed_.contains(key(id)) ||
                                   core::number_of(id) >= core::wanted_instances(unit),
                               "it is ended as if it had left the configuration", id);
            case Reason::shutdown:
                return require(scene_.stopping, "superd does not stop, and ends it", id);
            case Reason::ready_timeout:
                return require(scene_.now() - life.made >= 3s, "its time was not up", id);
            case Reason::check_failed:
            case Reason::check_stopped:
                return require(has_failing_check(unit, i), "its checks are well", id);
            case Reason::watchdog: {
                const Instant fed = std::max(pinged_[i.run], renewed_);
                const bool hung = pinged_[i.run] == Instant{};
                return require(hung || scene_.now() - fed >= unit.spec->watchdog.every - 500ms,
                               "it has told its watchdog that it is well", id);
            }
            case Reason::stalled: return require(stalled_.contains(i.run), "it never stalled", id);
            case Reason::overstayed:
                return require(stopping_.contains(i.run), "it never said that it stops", id);
            case Reason::group_restart:
                return require(another_failed(unit), "nobody else of its group has failed", id);
            case Reason::group: {
                const std::string text = "its group goes on:" + groups(unit);
                return require(group_ended(unit), text.c_str(), id);
            }
            case Reason::dependency:  // smooth_recovery.cpp
            case Reason::restart_requested:
            case Reason::ready_failed:
            case Reason::spawn_failed: return;
            case Reason::pre_start_failed:
            case Reason::post_start_failed:
                return require(hook_failed_.contains(i.run), "its hooks have ended well", id);
            case Reason::renewal:
                return require(to_renew_.contains(scene_.key(id).unit), "nobody wants it anew", id);
            case Reason::replaced:
            case Reason::superfluous:
                return require(core::is_beside(id), "it is not beside another one", id);
            case Reason::idle:
            case Reason::overrun: return;
            case Reason::scheduled:
            case Reason::demand:
            case Reason::none:
            case Reason::not_started:
            case Reason::spawning:
            case Reason::awaiting_ready:
            case Reason::running:
            case Reason::reported_ready:
            case Reason::exited:
            case Reason::pre_start:
            case Reason::post_start:
            case Reason::no_restart:
            case Reason::members:
            case Reason::group_limit:
            case Reason::significant: return require(false, "that is no reason to end it", id);
        }
    }
    bool has_failing_check(const core::Unit& unit, const core::Instance& i) {
        const auto& counts = failures_[i.run];
        return std::ranges::any_of(counts, [&](const auto& each) {
            const auto& checks = unit.spec->checks;
            return each.first < checks.size() && each.second >= checks[each.first].failures;
        });
    }
    bool another_failed(const core::Unit& unit) const {
        const core::Unit& top = *with_groups(*scene_.system, unit).back();
        return std::ranges::any_of(scene_.system->leaves(top.id), [&](core::UnitId leaf) {
            const auto found = failed_at_.find(scene_.key({leaf, 0}).unit);
            return found != failed_at_.end() && scene_.now() - found->second <= 10ms;
        });
    }
    std::string groups(const core::Unit& unit) const {
        std::string text;
        for (const core::Unit* const each : with_groups(*scene_.system, unit)) {
            const core::Instance& self = each->instances.front();
            text += " " + each->spec->name + " " + std::string{core::to_string(self.state)} + " " +
                    std::string{core::to_string(self.reason)};
        }
        return text;
    }
    bool group_ended(const core::Unit& unit) const {
        if (scene_.system->shutting_down())
            return true;  // It takes the place of all other reasons.
        return std::ranges::any_of(with_groups(*scene_.system, unit), [](const core::Unit* each) {
            const Reason why = each->instances.front().reason;
            return why == Reason::group_limit || why == Reason::significant;
        });
    }

    std::unordered_map<RunId, std::unordered_map<std::uint32_t, std::uint32_t>> failures_;
    std::unordered_set<RunId> handed_over_, stopping_, hook_failed_, stalled_;
    std::unordered_map<RunId, Instant> pinged_;
    std::unordered_set<std::uint32_t> to_renew_;  // By number of the unit.
    Keys removed_;
    std::unordered_map<std::uint32_t, Instant> failed_at_;  // By number of the unit.
    Instant renewed_{};
};

}  // namespace

void add_isolation(Scene& scene) { scene.add(std::make_unique<Isolation>(scene)); }

}  // namespace superd::sim
