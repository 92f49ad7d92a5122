// What a supervisor that takes over makes of control groups that stand still; and that a record
// remembers it.
#include "turn/take_over.hpp"

#include <gtest/gtest.h>

namespace superd::turn {
namespace {

using namespace std::chrono_literals;

constexpr core::Instant now{1000s};

core::Instance running(core::Freeze freeze = core::Freeze::none) {
    core::Instance made;
    made.goal = core::Goal::up;
    made.state = core::State::ready;
    made.run = 7;
    made.pid = 70;
    made.freeze = freeze;
    if (freeze != core::Freeze::none) made.frozen_since = now - 5s;
    return made;
}

TEST(SettledFreeze, IsWhatTheKernelShows) {
    auto frozen = running(core::Freeze::frozen);
    EXPECT_FALSE(settle_freeze(frozen, {true, true}, now));
    EXPECT_EQ(frozen.freeze, core::Freeze::frozen);
    EXPECT_EQ(frozen.frozen_since, now - 5s);

    auto thawed = running(core::Freeze::frozen);
    EXPECT_FALSE(settle_freeze(thawed, {}, now));
    EXPECT_EQ(thawed.freeze, core::Freeze::none);

    auto unknown = running();
    EXPECT_FALSE(settle_freeze(unknown, {true, true}, now));
    EXPECT_EQ(unknown.freeze, core::Freeze::frozen);
    EXPECT_EQ(unknown.frozen_since, now);
}

TEST(SettledFreeze, ThatWasAskedForIsAskedForAgain) {
    auto asked = running(core::Freeze::asked);
    EXPECT_FALSE(settle_freeze(asked, {}, now));
    EXPECT_EQ(asked.freeze, core::Freeze::asked);
    auto on_its_way = running();
    EXPECT_FALSE(settle_freeze(on_its_way, {true, false}, now));
    EXPECT_EQ(on_its_way.freeze, core::Freeze::asked);
}

TEST(SettledFreeze, LetsGoWhatCannotStandStill) {
    auto stopping = running();
    stopping.state = core::State::stopping;
    EXPECT_TRUE(settle_freeze(stopping, {true, true}, now));
    auto spawning = running();
    spawning.state = core::State::starting;
    spawning.pid = 0;
    EXPECT_TRUE(settle_freeze(spawning, {true, true}, now));
    auto down = running(core::Freeze::frozen);
    down.state = core::State::backoff;
    EXPECT_FALSE(settle_freeze(down, {}, now)) << "nothing is to be done";
    EXPECT_EQ(down.freeze, core::Freeze::none);
}

TEST(FrozenRecord, ComesBackWithItsMomentAndWhatTheGroupHadCounted) {
    auto instance = running(core::Freeze::frozen);
    const GroupCounts counts{3, 1'500'000};
    const auto record =
        decode_record(encode_record("web", 0, instance, 1, "busy", 0, false, 0, counts));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->instance.freeze, core::Freeze::frozen);
    EXPECT_EQ(record->instance.frozen_since, now - 5s);
    EXPECT_EQ(record->counts, counts);
    EXPECT_EQ(record->said, "busy");
    const auto plain = decode_record(encode_record("web", 0, running(), 1));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->instance.freeze, core::Freeze::none);
    EXPECT_EQ(plain->counts, GroupCounts{});
}

// However long everything else is.
TEST(FrozenRecord, AlwaysFindsRoom) {
    auto instance = running(core::Freeze::asked);
    instance.spawn_error = std::make_unique<std::string>(1000, 'e');
    instance.health = std::make_unique<core::Health>();
    instance.health->cause = std::string(1000, 'c');
    instance.renewal = std::make_unique<core::Renewal>();
    instance.renewal->batch = 1;
    instance.renewal->why = std::string(1000, 'w');
    instance.schedule = std::make_unique<core::Schedule>();
    for (int i = 0; i < 64; ++i) instance.restarts_at.push_back(now + i * 1s);
    const GroupCounts counts{0, 9};
    const auto record = decode_record(encode_record(std::string(255, 'u'), 0, instance, 1,
                                                    std::string(1000, 's'), 0, false, 0, counts));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->instance.freeze, core::Freeze::asked);
    EXPECT_EQ(record->instance.frozen_since, now - 5s);
    EXPECT_EQ(record->counts, counts);
}

}  // namespace
}  // namespace superd::turn
