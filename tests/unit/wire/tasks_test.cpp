#include "wire/tasks.hpp"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace superd::wire {
namespace {

TEST(Tasks, ComeBackAsTheyWere) {
    Tasks tasks;
    auto& chat = tasks.workers.emplace_back();
    chat.unit = "chat";
    chat.index = 1;
    chat.instances = 2;
    chat.state = "ready";
    chat.pid = 4711;
    chat.hosted = true;
    chat.begun = 9;
    chat.lost = 1;
    chat.left_out = 70'000;
    TaskSlot loop{.slot = 3, .kind = "loop", .tid = 4712, .done = 5, .live = 2};
    loop.lag = 0.25;
    loop.beat_age = 0.1;
    loop.task = "GET /\"x\"";
    loop.lints = {"was late by 250 ms"};
    chat.slots = {loop, TaskSlot{.slot = 4, .kind = "thread", .task_age = 1.5}};
    TaskStatus tell{.id = 7, .name = "tell ann", .file = "chat.cpp", .line = 62};
    tell.state = "suspended";
    tell.age = 3;
    tell.state_age = 2;
    tell.slot = 3;
    chat.tasks = {tell};
    tasks.workers.emplace_back().unit = "web";
    const auto text = serialize(tasks);
    const Tasks again = parse_tasks(text);
    EXPECT_EQ(serialize(again), text);
    ASSERT_EQ(again.workers.size(), 2u);
    EXPECT_EQ(again.workers[0].slots.at(0).task, "GET /\"x\"");
    EXPECT_EQ(again.workers[0].slots.at(0).lints, loop.lints);
    EXPECT_FALSE(again.workers[0].slots.at(1).beat_age);
    EXPECT_EQ(again.workers[0].slots.at(1).task_age, 1.5);
    EXPECT_EQ(again.workers[0].tasks.at(0).line, 62u);
    EXPECT_EQ(again.workers[0].tasks.at(0).state_age, 2);
    EXPECT_FALSE(again.workers[1].hosted);
    EXPECT_FALSE(again.workers[1].pid);
}

TEST(Tasks, OfAnotherShapeAreRefused) {
    using Error = boost::system::system_error;
    EXPECT_THROW(parse_tasks("{}"), Error);
    EXPECT_THROW(parse_tasks(R"({"workers":[{"unit":"x"}]})"), Error);
    EXPECT_THROW(parse_tasks("workers"), Error);
}

}  // namespace
}  // namespace superd::wire
