#include "core/task_lint.hpp"

#include <gtest/gtest.h>

namespace superd::core {
namespace {

using namespace std::chrono_literals;
using State = TaskFacts::State;
using Hints = std::vector<std::string>;

TEST(TaskLint, FindsCoroutinesThatKeepTheLoop) {
    const StallRule rule;
    TaskFacts task{.state = State::running, .where = SlotKind::loop, .age = 1h, .in_state = 99ms};
    EXPECT_EQ(lint(task, rule), Hints{});
    task.in_state = 120ms;
    EXPECT_EQ(lint(task, rule), Hints{"has not yielded for 120 ms"});
    task.where = SlotKind::thread;
    EXPECT_EQ(lint(task, rule), Hints{}) << "a thread has nobody else to serve";
    task.where = SlotKind::loop;
    task.state = State::suspended;
    EXPECT_EQ(lint(task, rule), Hints{});
}

TEST(TaskLint, FindsTasksThatLiveTooLong) {
    StallRule rule{.task_timeout = 2s};
    TaskFacts task{.age = 3s};
    EXPECT_EQ(lint(task, rule), Hints{"is older than task-timeout (2000 ms)"});
    rule.task_timeout = 0s;
    EXPECT_EQ(lint(task, rule), Hints{});
    task.state = State::cancelled;
    task.in_state = 1500ms;
    EXPECT_EQ(lint(task, rule), Hints{"was cancelled 1500 ms ago, and lives on"});
}

TEST(TaskLint, FindsLoopsThatAreLate) {
    const StallRule rule{.warn = 250ms};
    SlotCondition loop{.kind = SlotKind::loop, .silent = 80ms, .lag = 300ms, .call = "epoll_wait"};
    EXPECT_EQ(lint(loop, rule), Hints{"was late by 300 ms (stall-warn is 250 ms)"});
    loop.lag = 1ms;
    loop.call = "recvfrom";
    EXPECT_EQ(lint(loop, rule), Hints{}) << "a call of a moment is no blocking one";
    loop.silent = 400ms;
    EXPECT_EQ(lint(loop, rule),
              (Hints{"silent for 400 ms", "blocked in recvfrom within the loop"}));
    loop.kind = SlotKind::thread;
    EXPECT_EQ(lint(loop, rule), Hints{}) << "that is what threads are for";
    loop.kind = SlotKind::loop;
    EXPECT_EQ(lint(loop, {.warn = 0ms}), Hints{"blocked in recvfrom within the loop"});
}

}  // namespace
}  // namespace superd::core
