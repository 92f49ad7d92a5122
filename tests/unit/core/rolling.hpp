// A unit, web, whose instances are replaced, and the words for what is looked at.
#pragma once

#include "tests/unit/core/world.hpp"

#include <memory>

namespace superd::core {

inline UnitSpec rolled(std::uint32_t instances,
                       std::uint32_t surge = RollingRule::as_many_as_batch) {
    auto made = spec("web");
    made.instances = instances;
    made.awaits_ready = true;
    made.rolling.surge = surge;
    return made;
}

class Rolling : public testing::Test {
protected:
    void begin(UnitSpec unit, std::vector<UnitSpec> others = {}) {
        others.insert(others.begin(), std::move(unit));
        world.apply(others);
        for (std::uint32_t i = 0; i < world.unit("web").instances.size(); ++i)
            world.ready("web", i);
        before = runs();
    }
    void roll(CommandId command = 1, std::uint32_t batch = 0) {
        world.happen(RollRequested{world.all("web"), command, batch});
    }
    std::vector<RunId> runs() const {
        std::vector<RunId> found;
        for (const Instance& i : world.unit("web").instances) found.push_back(i.run);
        return found;
    }
    std::uint32_t ready() const {
        std::uint32_t count = 0;
        for (const Instance& i : world.unit("web").instances) count += i.state == State::ready;
        return count;
    }
    std::vector<std::string> told(RollPhase phase) const {
        std::vector<std::string> texts;
        for (const auto& each : world.seen<RollTold>()) {
            if (each.phase == phase) texts.push_back(each.text);
        }
        return texts;
    }
    // A fresh copy of what the records hold, as the next supervisor finds it.
    Restored record(InstanceId id) const {
        const Instance& i = *world.system.find(id);
        Restored one{.unit = "web", .index = id.index};
        Instance& c = one.instance;
        c.goal = i.goal, c.state = i.state, c.reason = i.reason, c.stop_step = i.stop_step;
        c.leader_gone = i.leader_gone, c.restart_requested = i.restart_requested;
        c.run_failed = i.run_failed, c.run = i.run, c.pid = i.pid, c.due = i.due;
        c.started = i.started, c.ready_at = i.ready_at, c.since = i.since;
        if (i.renewal) c.renewal = std::make_unique<Renewal>(*i.renewal);
        if (i.last_exit) c.last_exit = std::make_unique<LastExit>(*i.last_exit);
        return one;
    }
    // The supervisor dies, and the next one takes over; processes go on.
    void next_supervisor(const UnitSpec& unit) {
        std::vector<Restored> records;
        for (std::uint32_t i = 0; i < world.unit("web").instances.size(); ++i) {
            records.push_back(record(world.id("web", i)));
            if (world.second("web", i)) records.push_back(record(beside(world.id("web", i))));
        }
        const UnitId was = world.unit("web").id;
        world.system = System{7};
        world.timers.clear();
        world.log.clear();
        world.adopt({unit}, std::move(records));
        ASSERT_EQ(world.unit("web").id, was);
    }

    World world;
    std::vector<RunId> before;
};

}  // namespace superd::core
