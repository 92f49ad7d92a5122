// A world with a wall clock, for units that run at set times.
#pragma once

#include "tests/unit/core/world.hpp"

#include <algorithm>

namespace superd::core {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t noon = 1'700'000'000 / 86'400 * 86'400 + 12 * 3600;  // Of some day, UTC.

inline UnitSpec timed(TimerRule rule, std::string name = "job") {
    auto made = spec(std::move(name));
    made.type = UnitType::oneshot;
    rule.text = "…";
    made.timer = std::make_shared<TimerRule>(std::move(rule));
    return made;
}

inline UnitSpec daily(int hour, bool catch_up = false, Overlap overlap = Overlap::skip) {
    return timed({.at = {{.second = hour * 3600}}, .catch_up = catch_up, .overlap = overlap});
}

struct Clocked : World {
    explicit Clocked(std::vector<UnitSpec> specs, std::int64_t wall = noon) {
        tell(wall);
        apply(std::move(specs));
    }
    void tell(std::int64_t wall) {
        happen(ClockTold{now, wall * second_ns, std::make_shared<Zone>()});
    }
    std::size_t runs(std::string_view name = "job") const {
        const auto all = seen<Spawn>();
        return static_cast<std::size_t>(std::ranges::count_if(
            all, [&](const Spawn& each) { return each.instance == id(name); }));
    }
    bool told(std::string_view part) const {
        return std::ranges::any_of(seen<TimerTold>(),
                                   [&](const TimerTold& t) { return t.text.contains(part); });
    }
    // The instance as its record would have it.
    std::vector<Restored> recorded() {
        Restored one{.unit = "job"};
        const Instance& i = at("job");
        one.instance.goal = i.goal, one.instance.state = i.state, one.instance.reason = i.reason;
        one.instance.run = i.run, one.instance.pid = i.pid, one.instance.started = i.started;
        if (i.schedule) one.instance.schedule = std::make_unique<Schedule>(*i.schedule);
        std::vector<Restored> all;
        all.push_back(std::move(one));
        return all;
    }
};

}  // namespace superd::core
