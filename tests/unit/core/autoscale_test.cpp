// How many workers there are to be.
#include "core/autoscale.hpp"

#include "core/instance.hpp"

#include <gtest/gtest.h>

namespace superd::core {
namespace {

using namespace std::chrono_literals;

class Scaling : public testing::Test {
protected:
    // Looks every 200 ms for so long; the number at the end. Workers are ready at once.
    std::uint32_t after(Duration time, std::uint32_t busy, std::uint32_t waiting = 0,
                        double utilisation = 0) {
        for (const Instant until = now + time; now < until; now += 200ms) {
            count = scaler.decide(rule, count, {count, busy, waiting, utilisation}, now);
        }
        return count;
    }

    Autoscaler scaler;
    ScaleRule rule{1, 8, 0, 10s};
    std::uint32_t count = 1;
    Instant now{100s};
};

TEST_F(Scaling, StaysWhereNothingHappens) { EXPECT_EQ(after(60s, 0), 1u); }

TEST_F(Scaling, AddsWhenConnectionsHaveWaitedForASecond) {
    EXPECT_EQ(after(1s, 1, 3), 1u);
    EXPECT_EQ(after(200ms, 1, 3), 2u);
    EXPECT_EQ(after(1s, 2, 3), 3u);
    EXPECT_EQ(after(200ms, 2, 0), 3u) << "a queue that was emptied presses no more";
    EXPECT_EQ(after(800ms, 2, 3), 3u);
}

TEST_F(Scaling, AddsWhenAllAreBusy) {
    EXPECT_EQ(after(800ms, 1, 0, 0.95), 1u);
    EXPECT_EQ(after(600ms, 1, 0, 0.95), 2u);
    EXPECT_EQ(after(30s, 8, 0, 0.95), 8u) << "and no more than its most";
}

TEST_F(Scaling, KeepsSpareOnesBesideTheBusy) {
    rule.spare = 2;
    EXPECT_EQ(after(200ms, 0), 2u);
    EXPECT_EQ(after(200ms, 2), 4u) << "at once";
    EXPECT_EQ(after(200ms, 8), 8u);
}

TEST_F(Scaling, WaitsForThoseThatComeUp) {
    count = scaler.decide(rule, 2, {1, 1, 50, 1, 1}, now);
    now += 5s;
    EXPECT_EQ(scaler.decide(rule, 2, {1, 1, 50, 1, 1}, now), 2u);
    now += 5s;
    EXPECT_EQ(scaler.decide(rule, 2, {2, 2, 50, 1}, now), 3u);
}

TEST_F(Scaling, DoesNotWaitForThoseThatDoNotCome) {
    count = scaler.decide(rule, 2, {1, 1, 50, 1}, now);
    now += 5s;
    EXPECT_EQ(scaler.decide(rule, 2, {1, 1, 50, 1}, now), 3u) << "one was stopped, or given up";
}

TEST(Missing, IsWhatComesByItself) {
    const auto missing = [](State state, Reason reason = Reason::none) {
        Instance i;
        i.state = state;
        i.reason = reason;
        return core::missing(i);
    };
    EXPECT_TRUE(missing(State::waiting, Reason::dependency));
    EXPECT_TRUE(missing(State::starting));
    EXPECT_TRUE(missing(State::stopping));
    EXPECT_TRUE(missing(State::backoff));
    EXPECT_FALSE(missing(State::waiting, Reason::demand));
    EXPECT_FALSE(missing(State::ready));
    EXPECT_FALSE(missing(State::inactive));
    EXPECT_FALSE(missing(State::failed));
    EXPECT_FALSE(missing(State::completed));
}

TEST_F(Scaling, LetsGoWhatNobodyNeeded) {
    count = 6;
    EXPECT_EQ(after(9800ms, 2), 6u);
    EXPECT_EQ(after(400ms, 2), 2u);
    EXPECT_EQ(after(11s, 0), 1u);
}

TEST_F(Scaling, LetsGoNoMoreThanTheMostNeededMeanwhileAllows) {
    count = 6;
    EXPECT_EQ(after(5s, 1), 6u);
    EXPECT_EQ(after(200ms, 4), 6u) << "a moment's need counts";
    EXPECT_EQ(after(6s, 1), 4u);
}

TEST_F(Scaling, IsNotFooledByAPause) {
    count = 6;
    EXPECT_EQ(after(9s, 1), 6u);
    EXPECT_EQ(after(200ms, 6), 6u);
    EXPECT_EQ(after(9s, 1), 6u) << "they were all needed: the time begins anew";
}

TEST_F(Scaling, KeepsWithinItsBounds) {
    rule.min = 3;
    EXPECT_EQ(after(200ms, 0), 3u);
    count = 20;
    EXPECT_EQ(after(200ms, 0), 8u);
    rule.min = 0;
    EXPECT_EQ(after(60s, 0), 1u) << "whether the last one sleeps is another's decision";
}

}  // namespace
}  // namespace superd::core
