// What makes an instance's time come: its age, its memory, its own wish. It is
// flagged, and waits for its turn: never two of a unit are recycled at once.
#include "core/stepper.hpp"

#include <algorithm>
#include <cstdio>

namespace superd::core {

namespace {

// Made of the run alone, -1 to 1: the next supervisor finds the same again.
double spread(RunId run) {
    std::uint64_t bits = run + 0x9e37'79b9'7f4a'7c15;  // SplitMix64
    bits = (bits ^ (bits >> 30)) * 0xbf58'476d'1ce4'e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d0'49bb'1331'11eb;
    bits ^= bits >> 31;
    constexpr double half = 9'223'372'036'854'775'808.0;
    return static_cast<double>(bits) / half - 1.0;
}

std::string mebibytes(std::uint64_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
    return text;
}

bool may_be_flagged(const Instance& i) {
    return i.goal == Goal::up && !i.removed && i.state == State::ready && !i.renewal &&
           i.announced != Announced::stopping && !held(i);
}

}  // namespace

Instant recycle_at(const RecycleRule& rule, const Instance& instance) {
    const double factor = 1.0 + rule.jitter * spread(instance.run);
    const double age = static_cast<double>(rule.after.count()) * std::max(factor, 0.0);
    return instance.started + Duration{static_cast<Duration::rep>(age)};
}

void Stepper::heed(const MemoryMeasured& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i == nullptr || is_beside(event.instance)) return;
    Unit& owner = *unit(event.instance.unit);
    const std::uint64_t most = owner.spec->recycle.memory;
    if (most == 0 || event.bytes <= most || !may_be_flagged(*i) || now_ < owner.recycle_pause) {
        return;
    }
    recycle(owner, *i, RenewalKind::memory,
            "it uses " + mebibytes(event.bytes) + ", more than " + mebibytes(most));
}

void Stepper::heed(const RecycleAsked& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i == nullptr || is_beside(event.instance) || !may_be_flagged(*i)) return;
    recycle(*unit(event.instance.unit), *i, RenewalKind::wish,
            event.why.empty() ? "it asked for it" : "it asked for it: " + event.why);
}

// Flags what is old enough, and has a timer for the next one.
void Stepper::recycle(Unit& unit) {
    const RecycleRule& rule = unit.spec->recycle;
    Instant next{};
    for (Instance& i : unit.instances) {
        if (rule.after.count() == 0 || !may_be_flagged(i)) continue;
        const Instant at = std::max(recycle_at(rule, i), unit.recycle_pause);
        if (at > now_) {
            next = next == Instant{} ? at : std::min(next, at);
            continue;
        }
        const auto age = std::chrono::duration_cast<std::chrono::seconds>(now_ - i.started);
        recycle(unit, i, RenewalKind::age, "it is " + std::to_string(age.count()) + " s old");
    }
    if (next == unit.recycle_due) return;
    unit.recycle_due = next;
    const InstanceId id{unit.id, unit_timer};
    if (next == Instant{}) {
        ++unit.recycle_timer;
        out_.emplace_back(DisarmTimer{id});
    } else {
        out_.emplace_back(ArmTimer{id, ++unit.recycle_timer, next});
    }
}

void Stepper::recycle(Unit& unit, Instance& instance, RenewalKind kind, std::string why) {
    const char* const what =
        kind == RenewalKind::stalled ? "to be replaced, it has stalled: " : "to be recycled: ";
    tell_roll(id_of(unit, instance), 0, RollPhase::begun, what + why);
    instance.renewal = std::make_unique<Renewal>();
    instance.renewal->kind = kind;
    instance.renewal->first = system_.next_run_;
    instance.renewal->why = std::move(why);
    changed(unit, instance);
    touch(unit);
}

}  // namespace superd::core
