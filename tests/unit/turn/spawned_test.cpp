// What a record is told of a spawn in whose middle its supervisor died.
#include "turn/take_over.hpp"

#include <gtest/gtest.h>

namespace superd::turn {
namespace {

Record starting(core::RunId run, std::int32_t pid = 0) {
    Record made;
    made.unit = "web";
    made.instance.goal = core::Goal::up;
    made.instance.state = core::State::starting;
    made.instance.reason = core::Reason::spawning;
    made.instance.run = run;
    made.instance.pid = pid;
    return made;
}

// Be it gone by now: else the next run is started beside what it has left.
TEST(Spawned, AProcessThatWasMadeIsTheRunsWhateverBecameOfIt) {
    Record record = starting(7);
    find_spawned(record, {.run = 7, .pid = 123});
    EXPECT_EQ(record.instance.pid, 123);
}

TEST(Spawned, OneThatWasNeverMadeIsNot) {
    Record record = starting(7);
    find_spawned(record, {.run = 7, .pid = 0});
    EXPECT_EQ(record.instance.pid, 0);
}

TEST(Spawned, AnotherRunsProcessIsNotItsOwn) {
    Record record = starting(7);
    find_spawned(record, {.run = 6, .pid = 123});
    EXPECT_EQ(record.instance.pid, 0);
}

TEST(Spawned, WhatTheRecordKnowsItselfStays) {
    Record known = starting(7, 55);  // It has handed over to another main process since.
    find_spawned(known, {.run = 7, .pid = 44});
    EXPECT_EQ(known.instance.pid, 55);
    Record ended = starting(7);
    ended.instance.state = core::State::stopping;
    ended.instance.leader_gone = true;
    find_spawned(ended, {.run = 7, .pid = 44});
    EXPECT_EQ(ended.instance.pid, 0);
    Record waiting = starting(7);
    waiting.instance.state = core::State::backoff;
    find_spawned(waiting, {.run = 7, .pid = 44});
    EXPECT_EQ(waiting.instance.pid, 0);
}

}  // namespace
}  // namespace superd::turn
