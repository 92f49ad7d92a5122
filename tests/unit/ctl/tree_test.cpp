#include "ctl/tree.hpp"

#include <gtest/gtest.h>

namespace superctl {
namespace {

namespace wire = superd::wire;

wire::Graph shop() {
    wire::Graph graph;
    graph.units = {
        {.name = "api",
         .type = "service",
         .state = "ready",
         .ready = 2,
         .instances = 2,
         .edges = {{"db", "needs", "ready"}},
         .members = {}},
        {.name = "db",
         .type = "service",
         .state = "backoff",
         .reason = "retry 3 after exit 1",
         .instances = 1,
         .edges = {{"migrate", "after", "completed"}},
         .members = {}},
        {.name = "migrate",
         .type = "oneshot",
         .state = "completed",
         .instances = 1,
         .edges = {},
         .members = {}},
        {.name = "shop",
         .type = "group",
         .state = "starting",
         .reason = "on db: backoff",
         .instances = 1,
         .edges = {},
         .members = {"api", "web"},
         .strategy = "one-for-all"},
        {.name = "web",
         .type = "service",
         .state = "waiting",
         .reason = "on db: backoff",
         .instances = 1,
         .edges = {{"db", "needs", "ready"}, {"api", "wants", "ready"}},
         .members = {}},
    };
    return graph;
}

const Style plain{false};

TEST(Tree, UnfoldsEachUnitOnce) {
    EXPECT_EQ(render_tree(shop(), {}, {}, plain),
              "shop  starting  group, one-for-all (on db: backoff)\n"
              "├── api  ready 2/2  [member]\n"
              "│   └── db  backoff (retry 3 after exit 1)  [needs]\n"
              "│       └── migrate  completed  [after, completed]\n"
              "└── web  waiting (on db: backoff)  [member]\n"
              "    ├── db  backoff (retry 3 after exit 1)  [needs]  …\n"
              "    └── api  ready 2/2  [wants]  …\n");
}

TEST(Tree, IsTurnedRound) {
    EXPECT_EQ(render_tree(shop(), {"db"}, {.reverse = true}, plain),
              "db  backoff (retry 3 after exit 1)\n"
              "├── api  ready 2/2  [needs]\n"
              "│   ├── shop  starting  group, one-for-all (on db: backoff)  [member]\n"
              "│   └── web  waiting (on db: backoff)  [wants]\n"
              "│       └── shop  starting  group, one-for-all (on db: backoff)  [member]\n"
              "└── web  waiting (on db: backoff)  [needs]  …\n");
}

TEST(Tree, CanDoWithoutBoxDrawing) {
    EXPECT_EQ(render_tree(shop(), {"web"}, {.ascii = true}, plain),
              "web  waiting (on db: backoff)\n"
              "|-- db  backoff (retry 3 after exit 1)  [needs]\n"
              "|   `-- migrate  completed  [after, completed]\n"
              "`-- api  ready 2/2  [wants]\n"
              "    `-- db  backoff (retry 3 after exit 1)  [needs]  ...\n");
}

TEST(Tree, ACycleOfWantsEnds) {
    wire::Graph graph;
    graph.units = {
        {.name = "a", .state = "ready", .edges = {{"b", "wants", "ready"}}, .members = {}},
        {.name = "b", .state = "ready", .edges = {{"a", "wants", "ready"}}, .members = {}}};
    EXPECT_EQ(render_tree(graph, {"a"}, {.ascii = true}, plain),
              "a  ready\n`-- b  ready  [wants]\n    `-- a  ready  [wants]  ...\n");
    EXPECT_EQ(render_tree({}, {}, {}, plain), "");
}

TEST(Graph, ComesBackAsItWas) {
    auto graph = shop();
    graph.roots = {"db"};
    const auto text = wire::serialize(graph);
    EXPECT_EQ(wire::serialize(wire::parse_graph(text)), text);
}

}  // namespace
}  // namespace superctl
