#include "tests/sim/units.hpp"

#include "tests/sim/key.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;
using core::UnitSpec;
using core::UnitType;

// Numbers of the things that are decided about a unit.
enum : std::uint64_t { about_type = 100, about_rules, about_group, about_edge, about_member };

constexpr std::uint32_t groups_of_hundred = 15;
constexpr std::uint32_t members_near = 6;  // A group's members are among so many before it.

core::CheckSpec check(Rng& random, std::uint32_t number) {
    core::CheckSpec c;
    c.name = "c" + std::to_string(number);
    c.every = 2s + random.within(3s);
    c.failures = 1 + random.below(3);
    c.successes = 1 + random.below(2);
    c.start_timeout = random.percent(50) ? 0s : 3s;
    c.on_failure = static_cast<core::OnFailure>(random.below(4));
    return c;
}

core::RestartRule restart_rule(Rng& random) {
    core::RestartRule rule;
    rule.policy = static_cast<core::RestartPolicy>(random.percent(50) ? 1 : random.below(3));
    rule.on_limit = static_cast<core::OnLimit>(random.below(3));
    rule.limit = random.percent(50) ? 1 + random.below(5) : 0;
    rule.window = 10s + random.within(20s);
    rule.delay = random.percent(10) ? 0ms : 50ms + random.within(400ms);
    rule.max_delay = 2s + random.within(8s);
    rule.factor = 1.0 + random.below(3);
    rule.jitter = random.below(4) * 0.1;
    rule.stable_after = 3s + random.within(8s);
    if (random.percent(20)) rule.never_on_codes = {3};
    if (random.percent(20)) rule.always_on_signals = {SIGHUP};
    return rule;
}

std::shared_ptr<const core::HookRule> hooks(Rng& random) {
    auto rule = std::make_shared<core::HookRule>();
    for (std::size_t hook = 1; hook < core::hook_count; ++hook) {
        if (random.percent(40)) rule->timeouts[hook] = 1s + random.within(2s);
    }
    rule->crash_limit = 1 + random.below(4);
    return rule;
}

// Some often, on the monotonic clock; some each half minute of the wall clock.
std::shared_ptr<const core::TimerRule> timer(Rng& random) {
    auto rule = std::make_shared<core::TimerRule>();
    if (random.percent(70)) {
        rule->every = 500ms + random.within(20s);
    } else {
        for (std::int32_t second = 0; second < 3600; second += 30) {
            rule->at.push_back({.kind = core::CalendarRule::Kind::hourly, .second = second});
        }
    }
    rule->jitter = random.percent(30) ? 400ms : 0ms;
    rule->catch_up = random.percent(50);
    rule->on_start = random.percent(30);
    rule->overlap = static_cast<core::Overlap>(random.below(3));
    return rule;
}

bool same_group(const core::GroupRule* a, const core::GroupRule* b) {
    if (a == nullptr || b == nullptr) return a == b;
    return a->members == b->members && a->significant == b->significant &&
           a->strategy == b->strategy && a->limit == b->limit && a->window == b->window;
}

bool same_edge(const core::Dependency& a, const core::Dependency& b) {
    return a.unit == b.unit && a.kind == b.kind && a.when == b.when;
}

// Made from the same generation, but for what other units have to do with it.
bool same_edges(const UnitSpec& a, const UnitSpec& b) {
    return std::ranges::equal(a.dependencies, b.dependencies, same_edge) &&
           same_group(a.group.get(), b.group.get());
}

}  // namespace

Units::Units(const Case& it, const Profile& profile) : case_{it}, profile_{profile} {
    for (std::uint32_t number = 1; number <= profile.units; ++number) {
        if (!it.without_units.contains(number)) made_.emplace(number, Made{});
    }
}

UnitSpec Units::service(std::uint32_t number) const {
    Rng type{mix(case_.seed, about_type, number)};
    Rng random{mix(case_.seed + made_.at(number).generation * 1000, about_rules, number)};
    UnitSpec s;
    s.name = "u" + std::to_string(number);
    // These need a restart when they change: a configuration that is reloaded has the old ones.
    s.type = type.percent(15) ? UnitType::oneshot : UnitType::service;
    s.awaits_ready = s.type == UnitType::service && type.percent(50);
    if (type.percent(25)) s.watchdog = {.every = 4s + type.within(2s), .signal = SIGABRT};
    s.autostart = random.percent(80);
    s.essential = random.percent(profile_.units > 50 ? 1 : 4) && may_be_essential_;
    s.instances = random.percent(profile_.units > 50 ? 3 : 20) ? 1 + random.below(4) : 1;
    s.ready_timeout = 4s + random.within(2s);
    s.restart = restart_rule(random);
    s.stop = {{SIGTERM, 1s + random.within(2s)}, {SIGKILL, 1s}};
    if (random.percent(20)) s.stop.insert(s.stop.begin() + 1, {SIGINT, 500ms});
    const std::uint32_t checks = random.percent(50) ? random.below(3) : 0;
    for (std::uint32_t i = 0; i < checks; ++i) s.checks.push_back(check(random, i));
    s.extend_max = 5s;
    s.drains = random.percent(20);
    s.rolling = {.batch = 1 + random.below(2), .surge = random.below(3)};
    if (random.percent(30)) s.recycle.memory = 1000;
    if (random.percent(25)) s.hooks = hooks(random);
    if (s.type == UnitType::oneshot && type.percent(50)) s.timer = timer(random);
    if (s.type == UnitType::service && type.percent(10)) s.on_demand = !random.percent(30);
    if (s.type == UnitType::service && random.percent(10)) {
        s.scale = std::make_shared<core::ScaleRule>(core::ScaleRule{.min = 1, .max = 4});
    }
    return s;
}

void Units::add_dependencies(UnitSpec& spec, std::uint32_t number,
                             const std::vector<UnitSpec>& before) const {
    const std::uint32_t generation = made_.at(number).generation;
    for (const UnitSpec& other : before) {
        Rng random{
            mix(case_.seed + generation * 1000, about_edge + number * 512, number_of(other.name))};
        if (!random.percent(profile_.depends)) continue;
        const bool completes =
            other.type == UnitType::oneshot || (other.group && !other.group->significant.empty());
        const auto when = static_cast<core::When>(random.below(completes ? 3 : 2));
        const auto kind = static_cast<core::DependencyKind>(random.below(3));
        spec.dependencies.push_back({other.name, kind, when});
        // To need a unit and to say how far it must have come is no contradiction.
        if (kind != core::DependencyKind::needs || !random.percent(20)) continue;
        spec.dependencies.push_back({other.name, core::DependencyKind::after,
                                     static_cast<core::When>(random.below(completes ? 3 : 2))});
    }
}

// Of units that are in no group yet, after all of them: so nothing waits in a circle.
UnitSpec Units::group(std::uint32_t number, const std::vector<UnitSpec>& before) {
    Rng random{mix(case_.seed + made_.at(number).generation * 1000, about_group, number)};
    auto rule = std::make_shared<core::GroupRule>();
    std::uint32_t first = number;
    bool nested = false;
    for (const UnitSpec& other : before) {
        const std::uint32_t its = number_of(other.name);
        Rng chance{mix(case_.seed, about_member + number * 512, its)};
        if (its + members_near < number || grouped_.contains(other.name)) continue;
        if (!chance.percent(60)) continue;
        const auto below = lowest_.find(other.name);
        nested = nested || below != lowest_.end();
        first = std::min(first, below != lowest_.end() ? below->second : its);
        rule->members.push_back(other.name);
        grouped_.insert(other.name);
    }
    UnitSpec g;
    g.name = "g" + std::to_string(number);
    g.type = UnitType::group;
    g.autostart = random.percent(80);
    g.stop = {{SIGTERM, 3s}, {SIGKILL, 1s}};
    if (!rule->members.empty() && random.percent(20)) rule->significant = {rule->members.front()};
    // An order that goes across groups may contradict what their members wait for.
    rule->strategy = static_cast<core::Strategy>(random.below(nested ? 2 : 3));
    rule->limit = random.percent(50) ? 2 + random.below(4) : 0;
    rule->window = 20s;
    g.group = std::move(rule);
    std::vector<UnitSpec> lower;
    for (const UnitSpec& other : before) {
        if (number_of(other.name) < first && other.type != UnitType::group) lower.push_back(other);
    }
    add_dependencies(g, number, lower);
    lowest_[g.name] = first;
    return g;
}

std::vector<core::SharedSpec> Units::specs() {
    grouped_.clear();
    lowest_.clear();
    std::vector<UnitSpec> all;
    for (const auto& [number, made] : made_) {
        if (!made.present) continue;
        Rng type{mix(case_.seed, about_type + 50, number)};
        const bool is_group = number > 1 && type.percent(groups_of_hundred);
        UnitSpec spec = is_group ? group(number, all) : service(number);
        if (is_group && spec.group->members.empty()) continue;
        if (!is_group) add_dependencies(spec, number, all);
        all.push_back(std::move(spec));
    }
    std::vector<core::SharedSpec> shared;
    for (UnitSpec& spec : all) {
        Made& made = made_.at(number_of(spec.name));
        const bool unchanged = made.last && made.shown == made.generation;
        if (!unchanged || !same_edges(*made.last, spec)) {
            made.last = std::make_shared<const UnitSpec>(std::move(spec));
        }
        made.shown = made.generation;
        shared.push_back(made.last);
    }
    return shared;
}

void Units::none_is_essential() {
    may_be_essential_ = false;
    for (auto& [number, made] : made_) made.last.reset();
}

void Units::change(Rng random) {
    if (made_.empty()) return;
    for (std::uint32_t times = 1 + random.below(3); times > 0; --times) {
        auto at = made_.begin();
        std::advance(at, random.below(made_.size()));
        Made& made = at->second;
        if (!made.present) {
            made.present = true;
        } else if (random.percent(25)) {
            made.present = false;
        } else {
            ++made.generation;
        }
    }
}

}  // namespace superd::sim
