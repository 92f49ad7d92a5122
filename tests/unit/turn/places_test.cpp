// Records of two runs of one instance, as a supervisor may leave them that dies
// while these change places: between the first and the second write, or at once.
#include "turn/take_over.hpp"

#include <array>

#include <gtest/gtest.h>

namespace superd::turn {
namespace {

using core::State;

constexpr std::uint32_t in_place = 2;
const std::uint32_t beside = core::beside({0, in_place}).index;

Record record(std::uint32_t index, core::RunId run, State state) {
    Record made;
    made.unit = "web";
    made.index = index;
    made.instance.goal = core::Goal::up;
    made.instance.state = state;
    made.instance.reason =
        state == State::starting ? core::Reason::awaiting_ready : core::Reason::reported_ready;
    made.instance.run = run;
    made.instance.pid = 100 + static_cast<std::int32_t>(run);
    return made;
}

void settle(Record& one, Record& other) {
    const std::array<Record*, 2> both{&one, &other};
    settle_places(both);
}

TEST(Places, StayAsTheyAreWhileTheNewRunStarts) {
    Record old = record(in_place, 5, State::ready), next = record(beside, 9, State::starting);
    settle(old, next);
    EXPECT_EQ(old.index, in_place);
    EXPECT_EQ(next.index, beside);
    EXPECT_EQ(next.instance.state, State::starting);
}

TEST(Places, TheNewerIsInPlaceWhenOnlyItsRecordWasWritten) {
    Record old = record(in_place, 5, State::ready), next = record(in_place, 9, State::ready);
    settle(old, next);
    EXPECT_EQ(next.index, in_place);
    EXPECT_EQ(old.index, beside);
    settle(next, old);
    EXPECT_EQ(next.index, in_place) << "whatever the order";
}

TEST(Places, TheNewerIsInPlaceWhenOnlyTheOldOnesRecordWasWritten) {
    Record old = record(beside, 5, State::stopping), next = record(beside, 9, State::starting);
    settle(next, old);
    EXPECT_EQ(next.index, in_place);
    EXPECT_EQ(next.instance.state, State::ready) << "else they would not have changed places";
    EXPECT_EQ(old.index, beside);
    EXPECT_EQ(old.instance.state, State::stopping);
}

TEST(Places, StayAsTheyAreWhenBothWereWritten) {
    Record old = record(beside, 5, State::stopping), next = record(in_place, 9, State::ready);
    settle(old, next);
    EXPECT_EQ(old.index, beside);
    EXPECT_EQ(next.index, in_place);
}

TEST(Places, OneThatIsAloneIsInPlace) {
    Record next = record(beside, 9, State::starting), another = record(1, 3, State::ready);
    settle(next, another);
    EXPECT_EQ(next.index, in_place);
    EXPECT_EQ(next.instance.state, State::starting);
    EXPECT_EQ(another.index, 1u);
}

}  // namespace
}  // namespace superd::turn
