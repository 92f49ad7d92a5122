// Rolling restarts: each way they may go.
#include "tests/unit/core/rolling.hpp"

namespace superd::core {
namespace {

TEST_F(Rolling, ANewRunIsReadyBeforeTheOldOneIsStopped) {
    begin(rolled(2), {needing("shop", "web")});
    const RunId shop = world.at("shop").run;
    roll();
    ASSERT_NE(world.second("web", 0), nullptr);
    EXPECT_EQ(world.second("web", 1), nullptr) << "one at a time";
    EXPECT_EQ(runs(), before);
    EXPECT_EQ(ready(), 2u);
    EXPECT_TRUE(world.seen<Signal>().empty());
    EXPECT_EQ(world.why("web", 0).find("up for 0.0 s; run 4 is to take its place: not ready yet"),
              0u)
        << world.why("web", 0);
    world.second_ready("web", 0);
    EXPECT_GT(world.at("web", 0).run, before[0]);
    EXPECT_EQ(world.state("web", 0), State::ready);
    EXPECT_EQ(world.seen<Signal>().at(0).run, before[0]);
    EXPECT_EQ(world.processes.count(before[0]), 0u);
    ASSERT_NE(world.second("web", 1), nullptr) << "the next one";
    EXPECT_FALSE(world.answered(1));
    EXPECT_EQ(roll_progress(world.unit("web"))->done, 1u);
    world.second_ready("web", 1);
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.processes.size(), 3u);
    EXPECT_EQ(world.at("shop").run, shop) << "who needs it does not notice";
    EXPECT_EQ(told(RollPhase::done).size(), 1u);
    EXPECT_FALSE(roll_progress(world.unit("web")));
}

TEST_F(Rolling, TheOldOneIsGoneBeforeTheNextIsReplaced) {
    begin(rolled(2));
    world.obeys = false;
    roll();
    world.second_ready("web", 0);
    ASSERT_NE(world.second("web", 0), nullptr);
    EXPECT_EQ(world.second("web", 0)->reason, Reason::replaced);
    EXPECT_EQ(world.system.describe(beside(world.id("web")), world.now),
              "replaced by run 3, SIGTERM sent");
    EXPECT_EQ(world.why("web"), "up for 0.0 s; run 1, which it replaced, is stopping");
    EXPECT_EQ(world.second("web", 1), nullptr);
    world.pass(10s);
    EXPECT_EQ(world.second("web", 0), nullptr) << "SIGKILL ends it";
    EXPECT_NE(world.second("web", 1), nullptr);
}

TEST_F(Rolling, OneThatIsNotReadyInTimeIsEndedAndTheOldOnesStay) {
    begin(rolled(3));
    roll();
    world.second_ready("web", 0);
    before = runs();
    world.pass(20s);
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(world.answer_text(1),
              "web/1: run 5: not ready in time; run 2, pid 1001, goes on, 1 instance not replaced");
    EXPECT_EQ(runs(), before);
    EXPECT_EQ(ready(), 3u);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.processes.size(), 3u);
    world.pass(1h);
    EXPECT_EQ(runs(), before) << "it is not tried again";
    EXPECT_EQ(told(RollPhase::failed).size(), 1u);
    EXPECT_TRUE(told(RollPhase::done).empty());
}

TEST_F(Rolling, OneThatCrashesEndsIt) {
    begin(rolled(2));
    roll();
    const Instance& second = *world.second("web", 0);
    world.processes.erase(second.run);
    world.happen(Exited{beside(world.id("web")), second.run, {.code = 3}});
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(world.answer_text(1),
              "web/0: run 3: exit 3; run 1, pid 1000, goes on, 1 instance not replaced");
    EXPECT_EQ(runs(), before);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.at("web").restarts, 0u) << "no failure of the instance's";
}

TEST_F(Rolling, OneThatCannotBeStartedEndsIt) {
    begin(rolled(2));
    world.spawn_error = "web: cannot start: exec: No such file or directory";
    roll();
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(runs(), before);
    EXPECT_EQ(ready(), 2u);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.system.next_run(), before.back() + 2) << "one try";
}

TEST_F(Rolling, AFailureOfOneOfABatchEndsTheOthersNewRuns) {
    begin(rolled(4));
    roll(1, 2);
    ASSERT_NE(world.second("web", 1), nullptr);
    EXPECT_EQ(world.second("web", 2), nullptr);
    const RunId run = world.second("web", 0)->run;
    world.processes.erase(run);
    world.happen(Exited{beside(world.id("web")), run, {.code = 1}});
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(runs(), before);
    EXPECT_TRUE(world.unit("web").beside.empty());
}

TEST_F(Rolling, SurgeBoundsTheProcessesBeside) {
    begin(rolled(4, 1));
    roll(1, 3);
    EXPECT_EQ(world.unit("web").beside.size(), 1u);
}

}  // namespace
}  // namespace superd::core
