// Who gets new connections, and how one that is one too many is let go.
#include "core/connections.hpp"

#include "tests/unit/core/world.hpp"

namespace superd::core {
namespace {

UnitSpec serving(std::uint32_t instances) {
    UnitSpec web = spec("web");
    web.instances = instances;
    web.drains = true;
    web.awaits_ready = true;
    web.restart.delay = 5s;
    return web;
}

class Connections : public testing::Test {
protected:
    std::vector<bool> takes() const { return takes_connections(world.unit("web")); }

    World world;
};

using Who = std::vector<bool>;

TEST_F(Connections, WaitForAllUntilOneIsReady) {
    world.apply({serving(3)});
    EXPECT_EQ(takes(), (Who{true, true, true}));
    world.ready("web", 1);
    EXPECT_EQ(takes(), (Who{false, true, false}));
    world.ready("web", 0);
    EXPECT_EQ(takes(), (Who{true, true, false}));
}

TEST_F(Connections, AvoidWhatIsDownOrEnding) {
    world.apply({serving(3)});
    for (std::uint32_t index = 0; index < 3; ++index) world.ready("web", index);
    world.exit("web", {.signal = SIGSEGV}, 0);
    ASSERT_EQ(world.state("web", 0), State::backoff);
    EXPECT_EQ(takes(), (Who{false, true, true}));
    world.happen(ServiceAnnounced{world.id("web", 1), world.at("web", 1).run, Announced::stopping});
    EXPECT_EQ(takes(), (Who{false, false, true}));
    EXPECT_TRUE(is_reachable(world.at("web", 0))) << "what waits there is served later";
    world.happen(StopRequested{world.id("web", 0)});
    EXPECT_FALSE(is_reachable(world.at("web", 0)));
}

TEST_F(Connections, AreTakenBeforeASurplusInstanceIsToldToStop) {
    world.apply({serving(2)});
    world.ready("web", 0);
    world.ready("web", 1);
    world.log.clear();
    world.apply({serving(1)});
    EXPECT_EQ(takes(), (Who{true, false}));
    ASSERT_EQ(world.seen<Drain>().size(), 1u);
    EXPECT_TRUE(world.seen<Signal>().empty());
    EXPECT_EQ(world.why("web", 1),
              "it left the configuration, once it has taken what waits for it");
    const auto drain = world.seen<Drain>().front();
    world.happen(Drained{drain.instance, drain.run + 1});
    EXPECT_TRUE(world.seen<Signal>().empty()) << "that was another run";
    world.happen(Drained{drain.instance, drain.run});
    ASSERT_EQ(world.seen<Signal>().size(), 1u);
    EXPECT_EQ(world.seen<Signal>().front().number, SIGTERM);
    EXPECT_EQ(world.unit("web").instances.size(), 1u);
}

TEST_F(Connections, AreNotWaitedForWithoutEnd) {
    world.obeys = false;
    world.apply({serving(2)});
    world.ready("web", 0);
    world.ready("web", 1);
    world.apply({serving(1)});
    world.pass(9s);
    EXPECT_TRUE(world.seen<Signal>().empty());
    world.pass(2s);
    ASSERT_EQ(world.seen<Signal>().size(), 1u);
    world.happen(Drained{world.id("web", 1), world.at("web", 1).run});
    EXPECT_EQ(world.seen<Signal>().size(), 1u) << "it has been told already";
    world.pass(10s);
    EXPECT_EQ(world.seen<Signal>().size(), 2u) << "with all of its time from then on";
}

TEST_F(Connections, HaveNobodyElseWhenAllStop) {
    world.apply({serving(2)});
    world.ready("web", 0);
    world.ready("web", 1);
    world.happen(StopRequested{world.all("web")});
    EXPECT_TRUE(world.seen<Drain>().empty());
    EXPECT_EQ(world.state("web", 0), State::inactive);
}

TEST_F(Connections, DieWithOneThatCrashesMeanwhile) {
    world.trees_end = false;
    world.apply({serving(2)});
    world.ready("web", 0);
    world.ready("web", 1);
    world.apply({serving(1)});
    world.exit("web", {.signal = SIGSEGV}, 1);
    ASSERT_EQ(world.seen<Signal>().size(), 1u) << "what is left of its tree is told at once";
    EXPECT_EQ(world.seen<Signal>().front().number, SIGTERM);
}

}  // namespace
}  // namespace superd::core
