#include "supervisor/condition.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

core::SharedSpec spec(const std::string& name, std::uint32_t instances, bool autostart = true) {
    auto unit = std::make_shared<core::UnitSpec>();
    unit->name = name;
    unit->instances = instances;
    unit->autostart = autostart;
    unit->restart.policy = core::RestartPolicy::never;
    return unit;
}

core::Instant at(int seconds) { return core::Instant{std::chrono::seconds{seconds}}; }

class Described : public ::testing::Test {
protected:
    Described() {
        effects_ = system_.apply({spec("one", 1), spec("two", 2), spec("idle", 1, false)}, at(1));
    }
    // Each spawn that is asked for is done, and each process is ready at once.
    void spawn_all() {
        std::int32_t pid = 100;
        std::vector<core::Effect> todo{effects_.begin(), effects_.end()};
        while (!todo.empty()) {
            const core::Effect effect = todo.back();
            todo.pop_back();
            const auto* const spawn = std::get_if<core::Spawn>(&effect);
            if (spawn == nullptr) continue;
            const auto more =
                system_.step(core::Spawned{spawn->instance, spawn->run, ++pid}, at(2));
            todo.insert(todo.end(), more.begin(), more.end());
        }
    }

    core::System system_{1};
    core::Effects effects_;
};

TEST_F(Described, CountsUnitsOfWhichAllInstancesAreUp) {
    EXPECT_EQ("0 of 3 units up", describe_condition(system_));
    spawn_all();
    EXPECT_EQ("2 of 3 units up", describe_condition(system_));
}

TEST_F(Described, TellsOfThoseThatHaveFailed) {
    spawn_all();
    const core::Unit& two = *system_.find("two");
    const core::Instance& instance = two.instances[1];
    const core::InstanceId id{two.id, 1};
    core::ExitStatus status;
    status.code = 1;
    system_.step(core::Exited{id, instance.run, status}, at(3));
    system_.step(core::TreeEmpty{id, instance.run}, at(3));
    ASSERT_EQ(core::State::failed, instance.state);
    EXPECT_EQ("1 of 3 units up, 1 failed", describe_condition(system_));
}

}  // namespace
}  // namespace superd::supervisor
