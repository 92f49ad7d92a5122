#include "wire/status.hpp"

#include <algorithm>
#include <chrono>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace superd::wire {
namespace {

Status example() {
    Status status;
    status.version = "0.1.0";
    status.keeper = {10, "2026-11-23T21:00:00.000000Z", 0};
    status.supervisor = {11, "2026-11-23T21:00:01.000000Z", 2};
    status.logger = {12, "2026-11-23T21:00:02.000000Z", 1};
    InstanceStatus instance;
    instance.index = 1;
    instance.goal = "up";
    instance.state = "backoff";
    instance.reason = "retry 3 in 0.4 s after exit 1";
    instance.since = "2026-11-23T21:10:00.000000Z";
    instance.run = 17;
    instance.restarts = 3;
    instance.next_retry = "2026-11-23T21:10:00.400000Z";
    instance.last_exit =
        LastExit{"2026-11-23T21:10:00.000000Z", 1.5, 1, {}, false, false, {"err: no such table"}};
    status.units.push_back({"web", "Shop front", "up", "backoff", instance.reason, {instance}});
    return status;
}

TEST(Status, HasTheDocumentedShape) {
    EXPECT_EQ(serialize(example()),
              R"({"schema":1,"superd":{"version":"0.1.0",)"
              R"("keeper":{"pid":10,"since":"2026-11-23T21:00:00.000000Z"},)"
              R"("supervisor":{"pid":11,"since":"2026-11-23T21:00:01.000000Z","restarts":2},)"
              R"("logger":{"pid":12,"since":"2026-11-23T21:00:02.000000Z","restarts":1}},)"
              R"("units":[{"name":"web","description":"Shop front","goal":"up","state":"backoff",)"
              R"("reason":"retry 3 in 0.4 s after exit 1","instances":[{"index":1,"pid":null,)"
              R"("goal":"up","state":"backoff","reason":"retry 3 in 0.4 s after exit 1",)"
              R"("since":"2026-11-23T21:10:00.000000Z","ready-since":null,"run":17,"restarts":3,)"
              R"("next-retry":"2026-11-23T21:10:00.400000Z","last-exit":{)"
              R"("at":"2026-11-23T21:10:00.000000Z","uptime":1.5,"code":1,"signal":null,)"
              R"("core":false,"oom":false,"lines":["err: no such table"],"run":0,"pid":0,)"
              R"("cpu":null,"memory":null,"ended-by":"","cause":""},)"
              R"("memory":null,"cpu":null}],"enabled":true}]})");
}

TEST(Status, OfATimerComesBackAsItWas) {
    auto status = example();
    auto& unit = status.units.front();
    unit.timer = TimerStatus{"daily 03:00", "queue", true};
    unit.enabled = false;
    unit.enabled_by_operator = true;
    unit.instances.front().next_run = "2026-11-24T03:00:00.000000Z";
    unit.instances.front().last_run = "2026-11-23T03:00:00.000000Z";
    unit.instances.front().suspended = true;
    unit.instances.front().tasks = 7;
    const auto text = serialize(status);
    EXPECT_NE(text.find(R"("enabled":false,"enabled-by":"operator","timer":{"schedule":)"
                        R"("daily 03:00","overlap":"queue","catch-up":true})"),
              text.npos)
        << text;
    EXPECT_EQ(serialize(parse_status(text)), text);
}

TEST(Status, OfAControlGroupComesBackAsItWas) {
    auto status = example();
    InstanceStatus& instance = status.units[0].instances[0];
    instance.memory = 20;
    instance.memory_peak = 30;
    instance.swap = 0;
    instance.tasks = 3;
    instance.pressure = PressureStatus{1.5, {}, 0};
    instance.frozen_since = "2026-11-23T21:00:00.000000Z";
    status.units[0].notices = {"limits.pids does not hold: there is no pids controller"};
    const auto text = serialize(status);
    EXPECT_NE(text.find(R"("memory":20,"memory-peak":30,"swap":0,"cpu":null,"tasks":3,)"
                        R"("pressure":{"cpu":1.5,"memory":null,"io":0},)"
                        R"("frozen-since":"2026-11-23T21:00:00.000000Z")"),
              text.npos)
        << text;
    EXPECT_NE(text.find(R"("notices":["limits.pids does not hold: there is no pids controller"])"),
              text.npos);
    EXPECT_EQ(serialize(parse_status(text)), text);
}

TEST(Status, ComesBackAsItWas) {
    auto status = example();
    status.units[0].instances[0].pid = 4711;
    status.units[0].instances[0].memory = 1'234'567'890'123;
    status.units[0].instances[0].cpu = 0.5;
    status.units[0].instances[0].ready_since = "x";
    status.units[0].listeners = {{"http", "tcp://*:80", {{0, true, 3, 4096}, {{}, false, {}, {}}}}};
    const auto text = serialize(status);
    EXPECT_EQ(serialize(parse_status(text)), text);
    EXPECT_EQ(parse_status(text).units[0].instances[0].memory, 1'234'567'890'123u);
    const auto sockets = parse_status(text).units[0].listeners.at(0).sockets;
    EXPECT_EQ(sockets.at(0).waiting, 3u);
    EXPECT_EQ(sockets.at(1).instance, std::nullopt);
    EXPECT_FALSE(sockets.at(1).open);
}

TEST(Status, DeathsAreSentWhereThereAreAny) {
    auto status = example();
    auto& instance = status.units[0].instances[0];
    EXPECT_EQ(serialize(status).find("deaths"), std::string::npos);
    LastExit death{.at = "a", .lines = {"out: b"}, .run = 7, .pid = 70, .cpu = 0.5, .memory = 4096};
    death.ended_by = "check-failed";
    death.cause = "check http: refused";
    instance.deaths = {death, death};
    const auto back = parse_status(serialize(status)).units[0].instances[0].deaths;
    ASSERT_EQ(back.size(), 2u);
    EXPECT_EQ(back[1].run, 7u);
    EXPECT_EQ(back[1].cpu, 0.5);
    EXPECT_EQ(back[1].memory, 4096u);
    EXPECT_EQ(back[1].ended_by, "check-failed");
    EXPECT_EQ(back[1].cause, "check http: refused");
    EXPECT_EQ(back[1].lines, death.lines);
}

TEST(Status, ChecksAreSentWhereThereAreAny) {
    auto status = example();
    EXPECT_EQ(serialize(status).find("checks"), std::string::npos);
    status.units[0].instances[0].checks = {{"http", "failing", 3, "then", "refused"},
                                           {"db", "starting", 0, "", ""}};
    const auto text = serialize(status);
    EXPECT_NE(text.find(R"("checks":[{"name":"http","state":"failing","failures":3,)"
                        R"("since":"then","message":"refused"},{"name":"db",)"),
              std::string::npos);
    EXPECT_EQ(serialize(parse_status(text)), text);
}

TEST(Status, FilesAreSentWhereThereAreDropIns) {
    auto status = example();
    EXPECT_EQ(serialize(status).find("files"), std::string::npos);
    status.units[0].files = {"units/web.toml", "units/web.d/10.toml"};
    const auto text = serialize(status);
    EXPECT_NE(text.find(R"("files":["units/web.toml","units/web.d/10.toml"])"), std::string::npos);
    EXPECT_EQ(serialize(parse_status(text)), text);
}

TEST(Status, WhatIsNotOfTheShapeIsRefused) {
    const auto text = serialize(example());
    for (std::size_t length = 0; length < text.size(); length += 7) {
        EXPECT_THROW(parse_status(std::string_view{text}.substr(0, length)),
                     boost::system::system_error);
    }
    for (const auto* wrong : {"{}", "[]", "null", R"({"superd":1,"units":[]})",
                              R"({"superd":{"version":1},"units":[]})"}) {
        EXPECT_THROW(parse_status(wrong), boost::system::system_error) << wrong;
    }
}

Summary of_units(int count) {
    Summary summary;
    for (int i = 0; i < count; ++i) {
        summary.rows.push_back({"service-" + std::to_string(i), "ready", "up", 1, 1, 10'000 + i, 3,
                                1'234'567 + i, "reported ready"});
    }
    return summary;
}
Summary thousand() { return of_units(1000); }

TEST(Summary, ComesBackAsItWas) {
    auto summary = thousand();
    summary.rows[5].pid.reset();
    summary.rows[5].since_ms = 1;
    const auto back = parse_summary(serialize(summary));
    ASSERT_EQ(back.rows.size(), 1000u);
    EXPECT_EQ(serialize(back), serialize(summary));
    EXPECT_EQ(back.rows[5].since_ms, 1);
    EXPECT_FALSE(back.rows[5].pid);
    EXPECT_EQ(back.rows[999].since_ms, 1'234'567 + 999);
}

TEST(Summary, WhatIsNotOfTheShapeIsRefused) {
    for (const auto* wrong :
         {"", "{", "{}", R"({"units":{}})", R"({"units":[1]})", R"({"units":[{"name":"a"}]})",
          R"({"units":[{"name":"a","state":"ready","age":1e300}]})",
          R"({"units":[{"name":"a","state":"ready","pid":"x"}]})"}) {
        EXPECT_THROW(parse_summary(wrong), boost::system::system_error) << wrong;
    }
}

// There and back again; it is added to what that took at best so far.
void measure(const Summary& summary, std::chrono::nanoseconds& best) {
    const auto begin = std::chrono::steady_clock::now();
    const auto back = parse_summary(serialize(summary));
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
    ASSERT_EQ(back.rows.size(), summary.rows.size());
}

// Against a tenth of them, measured in turn: sanitizers and busy machines slow both down. What is
// not linear takes a hundred times as long. The other bound is a hundred times what it takes.
TEST(Summary, AThousandUnitsTakeLittleTime) {
    const auto many = thousand(), few = of_units(100);
    auto best = std::chrono::nanoseconds::max(), best_of_few = best;
    for (int i = 0; i < 20; ++i) {
        measure(many, best);
        measure(few, best_of_few);
    }
    RecordProperty("microseconds", std::to_string(best.count() / 1000));
    EXPECT_LT(best, 40 * best_of_few);
    EXPECT_LT(best, std::chrono::milliseconds{300});
}

TEST(Plan, ComesBackAsItWas) {
    Plan plan;
    plan.errors = {"units/web.toml:7:9: cannot use \"alway\""};
    plan.changes = {
        {"web", "restart", {"exec", "env.PORT"}, "restarts: exec, env.PORT differ", true},
        {"db", "added", {}, "", false}};
    plan.changes[0].values = {{"exec", "[\"a\"]", "[\"b\"]", true}, {"env.PORT", {}, {}, true}};
    plan.changes[0].files = {"units/web.toml", "units/web.d/10.toml"};
    const auto text = serialize(plan);
    EXPECT_EQ(serialize(parse_plan(text)), text);
    EXPECT_EQ(parse_plan(text).changes[0].keys.size(), 2u);
    EXPECT_THROW(parse_plan("{}"), boost::system::system_error);
}

}  // namespace
}  // namespace superd::wire
