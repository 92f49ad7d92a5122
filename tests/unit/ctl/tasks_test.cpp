#include "ctl/render_tasks.hpp"

#include <gtest/gtest.h>

namespace superctl {
namespace {

namespace wire = superd::wire;

const Style plain{false};

wire::Tasks workers() {
    wire::Tasks tasks;
    auto& chat = tasks.workers.emplace_back();
    chat.unit = "chat";
    chat.index = 1;
    chat.instances = 2;
    chat.hosted = true;
    chat.slots = {{.slot = 0, .kind = "loop", .tid = 4711, .done = 12, .live = 2}};
    chat.slots[0].lints = {"silent for 300 ms", "was late by 400 ms"};
    chat.tasks = {{.id = 7, .name = "tell ann\n", .file = "chat.cpp", .line = 62}};
    chat.tasks[0].state = "suspended";
    chat.tasks[0].age = 61;
    chat.tasks[0].state_age = 1.5;
    chat.lost = 3;
    auto& digest = tasks.workers.emplace_back();
    digest.unit = "digest";
    digest.hosted = true;
    digest.slots = {{.slot = 4, .kind = "thread", .tid = 5, .task = "GET /x", .task_age = 0.25}};
    digest.tasks = {{.id = 1, .name = "clean", .file = "d.cpp", .line = 5, .state = "running"}};
    digest.tasks[0].slot = 9;
    digest.left_out = 2;
    auto& web = tasks.workers.emplace_back();
    web.unit = "web";
    web.instances = 2;
    tasks.workers.push_back(web);
    return tasks;
}

TEST(Tasks, AreATable) {
    EXPECT_EQ(
        render_tasks(workers(), plain),
        "INSTANCE   TID  KIND       NAME       BEGUN AT     STATE               AGE  NOTE\n"
        "chat/1    4711  loop                               12 done, 2 live          silent for "
        "300 ms; was late by 400 ms\n"
        "chat/1    4711  coroutine  tell ann?  chat.cpp:62  suspended 1.5s   1m 01s\n"
        "digest       5  thread     GET /x                  0 done            250ms\n"
        "digest          task       clean      d.cpp:5      running             0ms\n");
    EXPECT_EQ(render_tasks({}, plain), "");
}

TEST(Tasks, ThatAreNotShownAreToldOf) {
    EXPECT_EQ(untold_text(workers(), true),
              "chat/1: 3 tasks found no place in its list and were never shown\n"
              "digest: 2 more tasks are not shown; name fewer units to see more of them\n"
              "web is not hosted by superd, which knows nothing of its tasks; `superctl threads "
              "web` shows its threads\n");
    EXPECT_EQ(untold_text(workers(), false).find("web"), std::string::npos);
    EXPECT_EQ(untold_text({}, true), "");
}

}  // namespace
}  // namespace superctl
