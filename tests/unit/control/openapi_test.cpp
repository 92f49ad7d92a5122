// The documentation of the API names the paths and members that there are.
#include "control/route.hpp"
#include "tests/unit/places.hpp"
#include "wire/event.hpp"
#include "wire/health.hpp"
#include "wire/status.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace superd::control {
namespace {

std::string document() {
    const std::ifstream file{places::source("/daemon/control/openapi.yaml")};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Every "/v1/…:" at the indentation of a path, with the method below it.
std::set<std::pair<std::string, std::string>> documented() {
    std::istringstream lines{document()};
    std::set<std::pair<std::string, std::string>> found;
    std::string path;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("  /v1/")) path = line.substr(2, line.size() - 3);
        if (line == "    get:") found.emplace("GET", path);
        if (line == "    post:") found.emplace("POST", path);
    }
    return found;
}

TEST(OpenApi, DocumentsExactlyThePathsThatAreRouted) {
    const auto paths = documented();
    EXPECT_EQ(paths.size(), 25u);
    for (const auto& [method, path] : paths) {
        Request request;
        request.method = method;
        request.target = path;
        request.body = R"({"all":true})";
        const auto call = route(request);
        // A path that needs more, as /v1/signal does, refuses the body and not the path.
        if (!call) {
            EXPECT_EQ(call.error().status, 400u) << path;
        }
        request.method = method == "GET" ? "POST" : "GET";
        ASSERT_FALSE(route(request)) << path;
        EXPECT_EQ(route(request).error().status, 405u) << path;
    }
}

void expect_documented(const boost::json::value& value, const std::string& text) {
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            const auto key = std::string{member.key()} + ":";
            EXPECT_NE(text.find(" " + key), text.npos) << key;
            expect_documented(member.value(), text);
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) expect_documented(element, text);
    }
}

TEST(OpenApi, DocumentsEveryMemberOfAnswers) {
    wire::Status status;
    status.units.push_back({});
    status.units[0].files = {"x"};
    status.units[0].instances.push_back({});
    status.units[0].least = status.units[0].most = 1;
    status.units[0].listeners.push_back({"x", "x", {{}}});
    status.units[0].instances[0].last_exit.emplace();
    status.units[0].instances[0].deaths.emplace_back();
    wire::Summary summary;
    summary.rows.push_back({});
    wire::Plan plan;
    plan.changes.push_back({});
    plan.changes[0].values.push_back({});
    wire::Event event;
    event.unit = event.from = event.to = event.goal = event.reason = event.message = "x";
    event.instance = event.run = event.dropped = 1;
    event.pid = 1;
    event.code = 1;
    event.signal = "x";
    event.core = event.oom = event.unknown = true;
    event.uptime = event.cpu = 1;
    event.rss = 1;
    event.uid = 1;
    event.on = event.action = event.user = "x";
    event.lines = {"x"};
    wire::Graph graph;
    graph.units.push_back({.edges = {{"x", "needs", "ready"}}});
    wire::Explanations why;
    why.all.push_back({{wire::Link{.command = wire::GivenCommand{}}}});
    wire::Threads threads;
    threads.instances.push_back({});
    threads.instances[0].threads.push_back({.slot = wire::SlotStatus{}});
    wire::Tasks tasks;
    tasks.workers.push_back({});
    tasks.workers[0].slots.push_back({});
    tasks.workers[0].tasks.push_back({});
    status.units[0].instances[0].worker.emplace().metrics = {
        {.name = "x", .kind = "gauge", .value = 1},
        {.name = "y", .kind = "histogram", .buckets = {1}}};
    status.units[0].instances[0].last_exit->stack = {"x"};
    wire::Health health;
    health.probe = "x";
    health.unwell.push_back({});
    const auto text = document();
    for (const auto& body :
         {wire::serialize(health), wire::serialize(tasks), wire::serialize(threads),
          wire::serialize(why), wire::serialize(graph), wire::serialize(status),
          wire::serialize(summary), wire::serialize(plan), wire::serialize(event)}) {
        expect_documented(boost::json::parse(body), text);
    }
}

}  // namespace
}  // namespace superd::control
