// Whether an instance that ended by itself is started again, and when.
#include "core/stepper.hpp"

#include <algorithm>
#include <cmath>

namespace superd::core {

namespace {

constexpr Duration spawn_retry_min = std::chrono::milliseconds{100};
// A run that asks for its end after this long at least is followed by the next at once.
constexpr Duration recycled_min = std::chrono::seconds{1};

bool contains(const std::vector<std::int32_t>& values, std::int32_t value) {
    return std::ranges::find(values, value) != values.end();
}

bool listed(const ExitStatus& status, const std::vector<std::int32_t>& codes,
            const std::vector<std::int32_t>& signals) {
    if (status.unknown) return false;
    return status.signal != 0 ? contains(signals, status.signal) : contains(codes, status.code);
}

bool contains_code(const ExitStatus& status, const std::vector<std::int32_t>& codes) {
    return status.signal == 0 && !status.unknown && contains(codes, status.code);
}

}  // namespace

// Nothing: it has ended well, or as it wished to, or by no fault of its unit's.
std::optional<Reason> Stepper::crash_of(const Unit& unit, const Instance& instance) const {
    if (instance.transient) return std::nullopt;
    if (instance.run_failed) return instance.reason;
    const RestartRule& rule = unit.spec->restart;
    const ExitStatus status = instance.last_exit ? instance.last_exit->status : ExitStatus{};
    const bool well = listed(status, rule.success_codes, rule.success_signals) ||
                      contains_code(status, unit.spec->recycle.exits);
    return well ? std::nullopt : std::optional{Reason::exited};
}

void Stepper::ended_by_itself(Unit& unit, Instance& instance) {
    const RestartRule& rule = unit.spec->restart;
    const bool failed_to_be_ready = instance.run_failed;
    const Reason why = failed_to_be_ready ? instance.reason : Reason::exited;
    const ExitStatus status = instance.last_exit ? instance.last_exit->status : ExitStatus{};
    const bool success =
        !failed_to_be_ready && listed(status, rule.success_codes, rule.success_signals);
    // A oneshot is never ready: that it ran is enough.
    const bool ran = unit.spec->type == UnitType::oneshot && !failed_to_be_ready;
    const bool was_ready = ran || instance.ready_at != Instant{};
    const bool stable =
        was_ready && instance.last_exit && instance.last_exit->uptime >= rule.stable_after;

    const bool wish = !failed_to_be_ready && contains_code(status, unit.spec->recycle.exits);
    if (instance.transient) return retry(unit, instance, why, false, false);
    if (success && unit.spec->on_demand) return sleep(unit, instance);
    if (why == Reason::check_stopped) return enter(unit, instance, State::failed, why);
    if (wish) {
        // By its own wish: no failure. But one that wishes so all the time is slowed down.
        const bool lived = instance.last_exit && instance.last_exit->uptime >= recycled_min;
        return retry(unit, instance, why, stable || lived, false);
    }
    if (success && unit.spec->type == UnitType::oneshot) {
        instance.attempt = 0;
        enter(unit, instance, State::completed, Reason::exited);
        return significant_ended(unit);
    }
    if (!failed_to_be_ready) {
        if (listed(status, rule.never_on_codes, rule.never_on_signals)) {
            return enter(unit, instance, State::failed, Reason::no_restart);
        }
        if (listed(status, rule.always_on_codes, rule.always_on_signals)) {
            return retry(unit, instance, why, stable, true);
        }
    }
    const bool wanted = rule.policy == RestartPolicy::always ||
                        (rule.policy == RestartPolicy::on_failure && !success);
    if (wanted) return retry(unit, instance, why, stable, true);
    if (success) {
        enter(unit, instance, State::inactive, Reason::exited);
        return significant_ended(unit);
    }
    enter(unit, instance, State::failed, failed_to_be_ready ? why : Reason::no_restart);
}

// `counts`: against the restart limit. A fork that failed for want of memory
// does not: that is no fault of the unit's.
void Stepper::retry(Unit& unit, Instance& instance, Reason reason, bool stable, bool counts) {
    const RestartRule& rule = unit.spec->restart;
    if (counts && !group_allows(unit)) return enter(unit, instance, State::failed, Reason::group);
    Instant at = now_ + next_delay(rule, instance, stable);
    // A program that cannot even be started fails at once: with a delay of
    // zero its retries would leave the event loop no time for anybody else.
    if (reason == Reason::spawn_failed) at = std::max(at, now_ + spawn_retry_min);
    if (counts && rule.limit != 0) {
        std::erase_if(instance.restarts_at,
                      [&](Instant past) { return past + rule.window <= now_; });
        if (instance.restarts_at.size() >= rule.limit) {
            instance.limited = true;
            if (rule.on_limit != OnLimit::wait && !escalate(unit)) {
                return enter(unit, instance, State::failed, reason);
            }
            const auto oldest = instance.restarts_at.size() - rule.limit;
            at = std::max(at, instance.restarts_at[oldest] + rule.window);
        }
        instance.restarts_at.push_back(at);
        const auto surplus =
            instance.restarts_at.size() -
            std::min<std::size_t>(instance.restarts_at.size(), RestartRule::limit_max);
        instance.restarts_at.erase(
            instance.restarts_at.begin(),
            instance.restarts_at.begin() + static_cast<std::ptrdiff_t>(surplus));
    }
    ++instance.restarts;
    if (counts) restart_others(unit);
    if (at <= now_) {
        if (instance.ready_at == Instant{}) tell_failure(unit, instance, reason);
        return enter(unit, instance, State::waiting, Reason::dependency);
    }
    enter(unit, instance, State::backoff, reason);
    arm(unit, instance, at);
}

// It failed before it was ready, and is tried again at once: nobody sees it in a back-off, from
// which who waits for it would know.
void Stepper::tell_failure(Unit& unit, Instance& instance, Reason reason) {
    if (speaks_against_others(unit, instance)) {
        renewal_failed(unit, id_of(unit, instance).index, why_it_failed(reason, instance));
    }
    answer_failed(unit, instance);
}

// True: the unit's group takes its failure for its own, and is started again as a whole.
bool Stepper::escalate(Unit& unit) {
    Unit* const group = active_group(unit);
    const bool wanted = unit.spec->restart.on_limit == OnLimit::escalate;
    return wanted && group != nullptr && group_fails(*group);
}

// The wait before the next try, from the instance's place in the back-off,
// which it moves on. Units that fell together do not rise together: jitter.
Duration Stepper::next_delay(const RestartRule& rule, Instance& instance, bool stable) {
    if (stable) {
        instance.attempt = 0;
        return Duration{0};
    }
    const auto longest = static_cast<double>(rule.max_delay.count());
    const double grown =
        static_cast<double>(rule.delay.count()) * std::pow(rule.factor, instance.attempt);
    ++instance.attempt;
    std::uniform_real_distribution<double> spread{-rule.jitter, rule.jitter};
    const double shaken = std::min(grown, longest) * (1.0 + spread(system_.random_));
    return Duration{static_cast<Duration::rep>(std::max(shaken, 0.0))};
}

}  // namespace superd::core
