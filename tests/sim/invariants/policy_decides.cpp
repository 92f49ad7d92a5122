// 9. The first start is retried like any other failure, and a failing probe goes
// through the restart policy: who is given up is given up by a rule.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <variant>

namespace superd::sim {
namespace {

using core::Reason;

class PolicyDecides final : public Invariant {
public:
    explicit PolicyDecides(const Scene& scene) : Invariant{scene, "9 policy decides"} {}

    void asked(const core::Effect& effect) override {
        const auto* const change = std::get_if<core::Changed>(&effect);
        if (change == nullptr || change->from == change->to) return;
        const core::Unit* const unit = scene_.system->find(change->instance.unit);
        if (unit == nullptr || unit->spec->type == core::UnitType::group) return;
        const core::Instance* const i = scene_.system->find(change->instance);
        if (i == nullptr || i->state != change->to) return;
        if (change->to == core::State::failed) {
            require(gives_up(*unit, *i), "it is given up, and its policy would try again",
                    change->instance);
        }
        const bool ended = i->reason == Reason::exited && change->to == core::State::inactive;
        if (ended) {
            const bool success =
                i->last_exit && succeeded(unit->spec->restart, i->last_exit->status);
            require(success && unit->spec->restart.policy != core::RestartPolicy::always,
                    "it is not started again, and its policy would", change->instance);
        }
        if (change->to != core::State::backoff) return;
        require(i->goal == core::Goal::up, "it is to be tried again, and nobody wants it",
                change->instance);
        require(tries_again(*unit, *i), "it is to be tried again, and its policy forbids that",
                change->instance);
    }

private:
    static bool has(const std::vector<std::int32_t>& all, std::int32_t one) {
        return std::ranges::find(all, one) != all.end();
    }
    static bool succeeded(const core::RestartRule& rule, const core::ExitStatus& status) {
        if (status.unknown) return false;
        return status.signal != 0 ? has(rule.success_signals, status.signal)
                                  : has(rule.success_codes, status.code);
    }
    static bool never(const core::RestartRule& rule, const core::ExitStatus& status) {
        if (status.unknown) return false;
        return status.signal != 0 ? has(rule.never_on_signals, status.signal)
                                  : has(rule.never_on_codes, status.code);
    }
    static bool always(const core::RestartRule& rule, const core::ExitStatus& status) {
        if (status.unknown) return false;
        return status.signal != 0 ? has(rule.always_on_signals, status.signal)
                                  : has(rule.always_on_codes, status.code);
    }
    static bool gives_up(const core::Unit& unit, const core::Instance& i) {
        const core::RestartRule& rule = unit.spec->restart;
        if (i.reason == Reason::group || i.reason == Reason::check_stopped) return true;
        if (rule.policy == core::RestartPolicy::never) return true;
        if (i.limited && rule.limit != 0 && rule.on_limit != core::OnLimit::wait) return true;
        if (i.reason != Reason::no_restart || !i.last_exit) return false;
        return never(rule, i.last_exit->status);
    }
    static bool tries_again(const core::Unit& unit, const core::Instance& i) {
        const core::RestartRule& rule = unit.spec->restart;
        if (i.reason == Reason::spawn_failed || rule.policy == core::RestartPolicy::always) {
            return true;
        }
        const bool ended = i.reason == Reason::exited && i.last_exit;
        if (ended && always(rule, i.last_exit->status)) return true;
        if (rule.policy == core::RestartPolicy::never) return false;
        return !ended || !succeeded(rule, i.last_exit->status);
    }
};

}  // namespace

void add_policy_decides(Scene& scene) { scene.add(std::make_unique<PolicyDecides>(scene)); }

}  // namespace superd::sim
