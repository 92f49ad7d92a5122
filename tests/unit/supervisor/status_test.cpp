#include "supervisor/status.hpp"

#include "supervisor/commands.hpp"
#include "supervisor/moment.hpp"
#include "tests/unit/core/share.hpp"
#include "tests/unit/supervisor/keeper_end.hpp"

#include <csignal>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Two units, `web` of two instances and `db`, both started.
class StatusTest : public testing::Test {
protected:
    StatusTest() {
        std::vector<core::UnitSpec> specs(2);
        specs[0].name = "db";
        specs[1].name = "web";
        specs[1].instances = 2;
        specs[1].restart.delay = 10s;
        specs[1].restart.jitter = 0;
        for (auto& spec : specs) spec.stop = {{SIGTERM, 5s}};
        system.apply(core::share(std::move(specs)), now());
        step(core::Spawned{id("db"), run("db"), 100});
        step(core::Spawned{id("web", 0), run("web", 0), 101});
        step(core::Spawned{id("web", 1), run("web", 1), 102});
    }
    void step(const core::Event& event) { answers(system.step(event, now())); }
    void answers(const core::Effects& effects) {
        for (const auto& effect : effects) {
            const auto* const answer = std::get_if<core::Answer>(&effect);
            if (answer != nullptr) commands.answered(answer->command, answer->outcome);
        }
    }
    core::InstanceId id(std::string_view unit, std::uint32_t index = 0) const {
        return {system.find(unit)->id, index};
    }
    core::RunId run(std::string_view unit, std::uint32_t index = 0) const {
        return system.find(id(unit, index))->run;
    }
    void crash(std::string_view unit, std::uint32_t index, core::ExitStatus status) {
        const auto its_run = run(unit, index);
        step(core::Exited{id(unit, index), its_run, status});
        step(core::TreeEmpty{id(unit, index), its_run});
    }

    // What the journal tells of a run that has ended.
    void remember(const char* unit, std::uint32_t index, core::RunId its_run, const char* line) {
        wire::Event event{.kind = wire::EventKind::exit, .unit = unit, .run = its_run};
        event.instance = index;
        event.cpu = 0.25;
        event.rss = 4096;
        event.reason = "check-failed";
        history.take(event);
        event.kind = wire::EventKind::lines;
        event.lines = {line};
        history.take(event);
    }

    core::System system{1};
    Table table;
    Definitions definitions;
    History history;
    boost::asio::io_context io;
    KeeperEnd keeper;
    KeeperLink link{io.get_executor(), keeper.take_link()};
    Listeners listeners{link};
    WorkerWatch watch{io.get_executor(), [](const WorkerWatch::Told&) {}};
    Limiter limiter;
    std::optional<os::CgroupUsage> group;
    StatusView view{system,    table, definitions, history,
                    listeners, watch, limiter,     [this](core::InstanceId) { return group; }};
    Commands commands{system, [](TargetOutcome& outcome) { outcome.reason = "described"; }};
    std::optional<std::vector<TargetOutcome>> outcomes;
    Commands::Done done = [this](std::vector<TargetOutcome> all) { outcomes = std::move(all); };
};

TEST_F(StatusTest, ShowsWhatRuns) {
    const auto units = view.units({{"db"}, {"web"}}, {});
    ASSERT_EQ(units.size(), 2u);
    EXPECT_EQ(units[0].name, "db");
    EXPECT_EQ(units[0].state, "ready");
    EXPECT_EQ(units[0].goal, "up");
    ASSERT_EQ(units[1].instances.size(), 2u);
    EXPECT_EQ(units[1].instances[1].pid, 102);
    EXPECT_TRUE(units[1].instances[1].ready_since);
    EXPECT_FALSE(units[1].instances[1].last_exit);
    EXPECT_FALSE(units[1].instances[1].memory);
}

TEST_F(StatusTest, AUnitSpeaksByItsWorstInstance) {
    crash("web", 1, {.signal = SIGSEGV, .core = true});
    remember("web", 1, run("web", 1), "err: oh no");
    const auto units = view.units({{"web"}}, {});
    ASSERT_EQ(units.size(), 1u);
    EXPECT_EQ(units[0].state, "backoff");
    EXPECT_THAT(units[0].reason, HasSubstr("retry 1"));
    const auto& instance = units[0].instances[1];
    EXPECT_FALSE(instance.pid);
    EXPECT_TRUE(instance.next_retry);
    ASSERT_TRUE(instance.last_exit);
    EXPECT_EQ(instance.last_exit->signal, "SIGSEGV");
    EXPECT_FALSE(instance.last_exit->code);
    EXPECT_TRUE(instance.last_exit->core);
    EXPECT_THAT(instance.last_exit->lines, ElementsAre("err: oh no"));
    EXPECT_EQ(units[0].instances[0].state, "ready");
}

TEST_F(StatusTest, AnExitThatNobodySawHasNeitherCodeNorSignal) {
    crash("web", 0, {.unknown = true});
    const auto exit = view.instance(id("web", 0), {}).last_exit;
    ASSERT_TRUE(exit);
    EXPECT_FALSE(exit->code);
    EXPECT_FALSE(exit->signal);
}

TEST_F(StatusTest, LinesOfAnotherRunAreNotShown) {
    crash("web", 0, {.code = 1});
    remember("web", 0, run("web", 0) + 1000, "out: later");
    EXPECT_TRUE(view.instance(id("web", 0), {}).last_exit->lines.empty());
}

TEST_F(StatusTest, TellsWhatADeathUsedAndAllDeathsIfAsked) {
    remember("web", 0, 1, "out: the first");
    crash("web", 0, {.code = 1});
    remember("web", 0, system.find(id("web", 0))->last_exit->run, "out: bye");
    const auto plain = view.instance(id("web", 0), {});
    EXPECT_TRUE(plain.deaths.empty());
    EXPECT_EQ(plain.last_exit->cpu, 0.25);
    EXPECT_EQ(plain.last_exit->memory, 4096u);
    EXPECT_EQ(plain.last_exit->ended_by, "check-failed");
    const auto all = view.instance(id("web", 0), {.deaths = true});
    ASSERT_EQ(all.deaths.size(), 2u);
    EXPECT_THAT(all.deaths[0].lines, ElementsAre("out: the first"));
}

TEST_F(StatusTest, HasTheFiguresOfTheControlGroupWhereThereAreAny) {
    group = os::CgroupUsage{.memory_bytes = 20, .swap_bytes = 1, .memory_peak = 30};
    group->cpu_us = 1'500'000;
    group->tasks = 4;
    group->cpu_pressure = 2.5;
    const auto told = view.instance(id("db"), {.usage = true});
    EXPECT_EQ(told.memory, 20u);
    EXPECT_EQ(told.memory_peak, 30u);
    EXPECT_EQ(told.swap, 1u);
    EXPECT_EQ(told.cpu, 1.5);
    EXPECT_EQ(told.tasks, 4u);
    ASSERT_TRUE(told.pressure);
    EXPECT_EQ(told.pressure->cpu, 2.5);
    EXPECT_EQ(told.pressure->io, std::nullopt);
    group.reset();
    const auto plain = view.instance(id("db"), {.usage = true});
    EXPECT_TRUE(plain.memory);
    EXPECT_FALSE(plain.memory_peak);
    EXPECT_FALSE(plain.pressure);
}

TEST_F(StatusTest, TellsSinceWhenARunIsHeldStill) {
    EXPECT_FALSE(view.instance(id("db"), {}).frozen_since);
    step(core::FreezeRequested{id("db")});
    step(core::FreezeTold{id("db"), run("db"), true, {}});
    EXPECT_TRUE(view.instance(id("db"), {}).frozen_since);
    EXPECT_THAT(view.reason(id("db")), HasSubstr("frozen for "));
}

TEST_F(StatusTest, SumsUpAUnitInARow) {
    crash("web", 1, {.code = 1});
    const auto rows = view.summary({{"db"}, {"web"}}).rows;
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].pid, 100);
    EXPECT_EQ(rows[0].ready, 1u);
    EXPECT_EQ(rows[1].state, "backoff");
    EXPECT_EQ(rows[1].ready, 1u);
    EXPECT_EQ(rows[1].instances, 2u);
    EXPECT_EQ(rows[1].restarts, 1u);
    EXPECT_FALSE(rows[1].pid);
}

TEST_F(StatusTest, TargetsOfSomeInstancesShowOnlyThese) {
    const auto units = view.units({{"web", 1}}, {});
    ASSERT_EQ(units.size(), 1u);
    ASSERT_EQ(units[0].instances.size(), 1u);
    EXPECT_EQ(units[0].instances[0].index, 1u);
}

TEST_F(StatusTest, ACommandIsOverWhenAllTargetsHaveTheirOutcome) {
    core::CommandId first = 0;
    commands.begin({{"db"}, {"web"}}, done, first);
    step(core::StopRequested{id("db"), first});
    step(core::StopRequested{{id("web").unit, core::all_instances}, first + 1});
    crash("db", 0, {.signal = SIGTERM});
    commands.deliver(true);
    EXPECT_FALSE(outcomes);
    crash("web", 0, {.signal = SIGTERM});
    crash("web", 1, {.signal = SIGTERM});
    commands.deliver(true);
    ASSERT_TRUE(outcomes);
    ASSERT_EQ(outcomes->size(), 2u);
    EXPECT_EQ((*outcomes)[1].outcome, core::Outcome::done);
    EXPECT_EQ((*outcomes)[1].reason, "described");
}

TEST_F(StatusTest, AWaitEndsWithTheState) {
    commands.await(Operations::Until::ready, {{"web"}}, done);
    commands.deliver(true);
    ASSERT_TRUE(outcomes);
    EXPECT_EQ((*outcomes)[0].outcome, core::Outcome::done);
    outcomes.reset();
    commands.await(Operations::Until::stopped, {{"web", 1}}, done);
    commands.deliver(true);
    EXPECT_FALSE(outcomes);
    step(core::StopRequested{id("web", 1)});
    crash("web", 1, {.signal = SIGTERM});
    commands.deliver(true);
    EXPECT_TRUE(outcomes);
}

TEST_F(StatusTest, WhoHasLeftIsNotCalledAndWhoWaitsAtTheEndIs) {
    const auto left = commands.await(Operations::Until::stopped, {{"web"}}, done);
    commands.abandon(left);
    commands.end();
    EXPECT_FALSE(outcomes);
    commands.await(Operations::Until::stopped, {{"web"}}, done);
    commands.end();
    ASSERT_TRUE(outcomes);
    EXPECT_EQ((*outcomes)[0].outcome, core::Outcome::superseded);
}

TEST(PrintableStatus, IsBoundedAndHarmless) {
    EXPECT_EQ(printable_status("all \x1b[31mwell\n"), "all ?[31mwell?");
    EXPECT_EQ(printable_status(std::string(1000, 'x')).size(), 200u);
    std::string umlauts;
    for (int i = 0; i < 300; ++i) umlauts += "xü";
    const auto cut = printable_status(umlauts);
    EXPECT_LE(cut.size(), 256u);
    EXPECT_TRUE(cut.ends_with("x") || cut.ends_with("ü"));
}

}  // namespace
}  // namespace superd::supervisor
