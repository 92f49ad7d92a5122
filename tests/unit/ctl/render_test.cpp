#include "ctl/render.hpp"

#include "ctl/action.hpp"
#include "ctl/changes.hpp"
#include "ctl/parse.hpp"
#include "ctl/progress.hpp"
#include "wire/time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superctl {
namespace {

namespace wire = superd::wire;
using testing::HasSubstr;
using testing::Not;

const Style plain{false};

wire::Summary two_units() {
    wire::Summary summary;
    summary.rows.push_back({"api", "ready", "up", 2, 3, {}, 12, 4'000'000, "2 of 3 are ready"});
    summary.rows.push_back({"web", "inactive", "down", 0, 1, 4711, 0, 340, ""});
    return summary;
}

TEST(Table, IsAligned) {
    EXPECT_EQ(render_table(two_units(), plain, 0),
              "NAME  STATE      PID   SINCE   RESTARTS  REASON\n"
              "api   ready 2/3  -     1h 06m  12        2 of 3 are ready\n"
              "web   inactive   4711  340ms   0\n");
    EXPECT_EQ(render_table({}, plain, 80), "");
}

TEST(Table, CutsReasonsToTheTerminal) {
    EXPECT_THAT(render_table(two_units(), plain, 51), HasSubstr("2 of 3 ar…\n"));
    EXPECT_THAT(render_table(two_units(), plain, 30), HasSubstr("2 of 3 are ready\n"));
}

TEST(Table, HasColoursOnlyWhereTheyAreWanted) {
    EXPECT_THAT(render_table(two_units(), plain, 0), Not(HasSubstr("\x1b")));
    EXPECT_THAT(render_table(two_units(), Style{true}, 0),
                HasSubstr("\x1b[32mready 2/3\x1b[0m  -"));
}

TEST(Table, AReasonCannotControlTheTerminal) {
    auto summary = two_units();
    summary.rows[0].reason = "a\x1b[2Jb\nc\xC2\x9B";
    EXPECT_THAT(render_table(summary, plain, 0), HasSubstr("a?[2Jb?c"));
    EXPECT_THAT(render_table(summary, plain, 0), Not(HasSubstr("\xC2\x9B")));
}

TEST(StatusPage, TellsWhoWaitsAtListeners) {
    wire::Status status;
    status.units.push_back({"web", "", "up", "ready", "", {}});
    auto& listeners = status.units[0].listeners;
    listeners.push_back({"admin", "unix:/run/x", {{}}});
    listeners.push_back({"all", "tcp://*:81", {{{}, true, 7, 128}}});
    listeners.push_back({"http", "tcp://*:80", {{0, true, 3, 4096}, {1, false, 0, 4096}}});
    const auto text = render_status(status, plain, 0);
    EXPECT_THAT(text, HasSubstr("listens    admin unix:/run/x\n"));
    EXPECT_THAT(text, HasSubstr("listens    all tcp://*:81: 7 of 128 wait\n"));
    EXPECT_THAT(text, HasSubstr("listens    http tcp://*:80: 3, 0 of 4096 wait for instances 0, 1; "
                                "nothing new goes to 1\n"));
}

TEST(StatusPage, TellsAllThatIsKnown) {
    wire::InstanceStatus instance;
    instance.goal = "up";
    instance.state = "backoff";
    instance.reason = "retry 3 after exit 1";
    instance.since = "2026-11-23T21:49:35.123456Z";
    instance.run = 17;
    instance.restarts = 1;
    instance.next_retry = "2026-11-23T21:49:36.500000Z";
    instance.memory = 12'345'678;
    instance.cpu = 0.52;
    instance.last_exit = wire::LastExit{
        "2026-11-23T21:49:35.000000Z", 12.5, {}, "SIGSEGV", true, false, {"err: out of cheese"}};
    wire::Status status;
    status.units.push_back({"web", "Shop front", "up", "backoff", instance.reason, {instance}});
    const auto now = *wire::parse_time("2026-11-23T21:49:36Z");
    EXPECT_EQ(
        render_status(status, plain, now),
        "web - Shop front\n"
        "  state      backoff (retry 3 after exit 1)\n"
        "  since      2026-11-23T21:49:35Z (876ms ago)\n"
        "  goal       up\n"
        "  run        17, restarted 1 time\n"
        "  memory     12.3 MB\n"
        "  cpu        520ms\n"
        "  next retry 2026-11-23T21:49:36Z (in 500ms)\n"
        "  last exit  SIGSEGV (core dumped) at 2026-11-23T21:49:35Z (1.0s ago), after running "
        "12.5s\n"
        "               err: out of cheese\n");
}

TEST(StatusPage, TellsOfTheControlGroupAndOfWhatDoesNotHold) {
    wire::InstanceStatus instance;
    instance.state = "ready";
    instance.reason = "frozen for 60 s";
    instance.since = "2026-11-23T21:49:35Z";
    instance.frozen_since = "2026-11-23T21:48:36Z";
    instance.memory = 12'000'000;
    instance.memory_peak = 20'000'000;
    instance.swap = 1'000'000;
    instance.pressure = wire::PressureStatus{12.4, 0.5, {}};
    wire::UnitStatus unit{.name = "web", .state = "ready"};
    unit.notices = {"limits.pids does not hold: superd.toml says off"};
    unit.instances = {instance};
    wire::Status status;
    status.units = {unit};
    const auto page = render_status(status, plain, *wire::parse_time("2026-11-23T21:49:36Z"));
    EXPECT_THAT(page, HasSubstr("  notice     limits.pids does not hold: superd.toml says off\n"));
    EXPECT_THAT(page, HasSubstr("  frozen     2026-11-23T21:48:36Z (1m 00s ago)\n"));
    EXPECT_THAT(page, HasSubstr("  memory     12.0 MB, 20.0 MB at the peak, 1.0 MB swapped\n"));
    EXPECT_THAT(page, HasSubstr("  waits      12 % of the time for processors\n"));
}

TEST(StatusPage, HasEachDeathIfTheyAreThere) {
    wire::LastExit death{.at = "2026-11-23T21:49:35Z", .uptime = 2, .lines = {"err: bye"}};
    death.signal = "SIGTERM";
    death.run = 7;
    death.pid = 70;
    death.cpu = 0.5;
    death.memory = 4'100'000;
    death.ended_by = "check-failed";
    death.cause = "check http: refused";
    wire::InstanceStatus instance;
    instance.state = "ready";
    instance.last_exit = death;
    instance.deaths = {death, death};
    wire::Status status;
    status.units.push_back({"web", "", "up", "ready", "", {instance}});
    const auto page = render_status(status, plain, *wire::parse_time("2026-11-23T21:49:36Z"));
    const std::string each =
        "  exit       SIGTERM at 2026-11-23T21:49:35Z (1.0s ago), after running 2.0s; superd ended "
        "it: check http: refused\n"
        "               run 7, pid 70, cpu 500ms, memory at most 4.1 MB\n"
        "               err: bye\n";
    EXPECT_THAT(page, HasSubstr(each + each));
    EXPECT_THAT(page, Not(HasSubstr("last exit")));
}

TEST(StatusPage, HasALineForEachCheck) {
    wire::Status status;
    wire::UnitStatus unit{.name = "web", .state = "ready"};
    wire::InstanceStatus one{.state = "ready", .reason = "degraded: http: answered 500"};
    one.checks = {{"http", "failing", 4, "", "answered 500"}, {"db", "passing", 0, "", ""}};
    unit.instances.push_back(one);
    status.units.push_back(unit);
    const auto page = render_status(status, plain, 0);
    EXPECT_THAT(page, HasSubstr("ready (degraded: http: answered 500)"));
    EXPECT_THAT(page, HasSubstr("http: failing; answered 500, 4 in a row\n"));
    EXPECT_THAT(page, HasSubstr("db: passing\n"));
}

TEST(StatusPage, HasAPartForEachInstance) {
    wire::InstanceStatus one, two;
    one.state = two.state = "ready";
    two.index = 1;
    two.pid = 12;
    wire::Status status;
    status.units.push_back({"api", "", "up", "ready", "", {one, two}});
    status.units[0].files = {"units/api.toml", "units/api.d/10.toml"};
    const auto page = render_status(status, plain, 0);
    EXPECT_THAT(page, HasSubstr("  files      units/api.toml, units/api.d/10.toml\n"));
    EXPECT_THAT(page, HasSubstr("api/0\n"));
    EXPECT_THAT(page, HasSubstr("api/1\n  state      ready\n"));
    EXPECT_THAT(page, HasSubstr("  pid        12\n"));
}

TEST(EventLine, TellsWhoAskedForWhat) {
    EXPECT_EQ(render_event(R"({"time":"T","seq":1,"event":"command","unit":"web",)"
                           R"("action":"stop","uid":0,"user":"root"})"),
              "T web: root asks to stop\n");
    EXPECT_EQ(render_event(R"({"time":"T","seq":1,"event":"command","action":"signal","uid":7,)"
                           R"("message":"SIGHUP"})"),
              "T superd: user 7 asks to signal SIGHUP\n");
}

TEST(EventLine, IsASentence) {
    EXPECT_EQ(render_event(R"({"time":"T","seq":1,"event":"exit","unit":"web","instance":2,)"
                           R"("run":3,"code":1,"uptime":12.5})"),
              "T web/2: exit 1 after running 12.5s\n");
    EXPECT_EQ(render_event(R"({"time":"T","seq":1,"event":"exit","unit":"web","unknown":true})"),
              "T web: an unknown status\n");
    EXPECT_EQ(render_event(R"({"time":"T","seq":1,"event":"state","unit":"web","instance":0,)"
                           R"("from":"starting","to":"ready","reason":"reported ready"})"),
              "T web: starting → ready: reported ready\n");
    EXPECT_EQ(
        render_event(R"({"time":"T","seq":1,"event":"lines","unit":"web","lines":["a","b"]})"),
        "T web: last lines:\n    a\n    b\n");
    EXPECT_EQ(render_event(R"({"time":"T","seq":1,"event":"superd","message":"began"})"),
              "T superd: began\n");
    EXPECT_EQ(render_event("nonsense"), "nonsense\n");
}

TEST(Outcome, DecidesTheExitCode) {
    wire::Outcomes outcomes;
    outcomes.outcomes = {{"web", {}, "done", "ready", ""}};
    auto result = report(outcomes, "start");
    EXPECT_EQ(result.out, "web: ready\n");
    EXPECT_EQ(result.code, ExitCode::ok);

    outcomes.outcomes.push_back({"api", 1, "failed", "failed", "exit 1"});
    result = report(outcomes, "start");
    EXPECT_EQ(result.out, "web: ready\n");
    EXPECT_EQ(result.err,
              "superctl: cannot start api/1: failed: exit 1\n"
              "  `superctl logs api` shows what it wrote\n");
    EXPECT_EQ(result.code, ExitCode::failed);

    outcomes.outcomes = {{"db", {}, "pending", "starting", "awaiting ready"}};
    result = report(outcomes, "start");
    EXPECT_EQ(result.code, ExitCode::timeout);
    EXPECT_THAT(result.err, HasSubstr("`superctl wait db`"));

    outcomes.outcomes = {{"db", {}, "superseded", "stopping", ""}};
    EXPECT_THAT(report(outcomes, "start").err, HasSubstr("a later command took its place"));
}

TEST(Outcome, OfAFreezeSaysWhatCameOfIt) {
    wire::Outcomes outcomes;
    outcomes.outcomes = {{"web", {}, "done", "ready", "frozen for 0.0 s"}};
    EXPECT_EQ(report(outcomes, "freeze", "frozen").out, "web: frozen\n");
    outcomes.outcomes = {{"web", {}, "failed", "inactive", "it does not run"}};
    EXPECT_EQ(report(outcomes, "freeze", "frozen").err,
              "superctl: cannot freeze web: inactive: it does not run\n"
              "  `superctl status web` shows how it is\n");
}

TEST(Outcome, ManyAreCounted) {
    wire::Outcomes outcomes;
    for (int i = 0; i < 1000; ++i) {
        outcomes.outcomes.push_back({"u" + std::to_string(i), {}, "done", "ready", ""});
    }
    EXPECT_EQ(report(outcomes, "start").out, "1000 units: done\n");
}

TEST(Action, SaysWhatIsMeant) {
    const auto body = [](const std::vector<std::string>& words) {
        return action_body(*parse(words), {});
    };
    EXPECT_EQ(body({"start", "web", "api/*"}), R"({"units":["web","api/*"]})");
    EXPECT_EQ(body({"stop", "--all", "--no-wait"}), R"({"all":true,"wait":false})");
    EXPECT_EQ(body({"start", "web", "--wait=none"}), R"({"units":["web"],"wait":false})");
    EXPECT_EQ(body({"start", "web", "--timeout", "1.5s"}), R"({"units":["web"],"timeout":1.5})");
    EXPECT_EQ(action_body(*parse({"wait", "web"}), {.more = R"("until":"ready")"}),
              R"({"units":["web"],"until":"ready"})");
}

TEST(PlanText, SaysWhatStillWaits) {
    wire::Plan plan;
    plan.changes = {{"db", "live", {}, "restart.delay", true},
                    {"web-shop", "restart", {"exec"}, "restarts: exec differs", false}};
    EXPECT_EQ(render_plan(plan, false),
              "db        live     restart.delay\n"
              "web-shop  restart  restarts: exec differs\n");
    EXPECT_EQ(render_plan(plan, true),
              "db        live     restart.delay\n"
              "web-shop  restart  restarts: exec differs (waits for `superctl apply`)\n"
              "`superctl apply` restarts what waits for it\n");
}

TEST(PlanText, SaysFromWhatToWhat) {
    wire::Plan plan;
    plan.changes = {{"web", "restart", {}, "restarts: exec, env.PORT differ", false}};
    plan.changes[0].values = {{"exec", "[\"a\"]", "[\"b\"]", true},
                              {"env.PORT", {}, {}, true},
                              {"ready.http", "\"${URL}\"", "\"${URL}\"", false},
                              {"user", {}, "\"shop\"", true},
                              {"restart.delay", "\"1s\"", "\"\x1b[2J\"", false}};
    plan.changes[0].files = {"units/web.toml", "units/web.d/10.toml"};
    const auto text = render_plan(plan, false);
    EXPECT_EQ(text.substr(0, text.find("    restart.delay")),
              "web  restart  restarts: exec, env.PORT differ\n"
              "    exec: [\"a\"] → [\"b\"] (restarts)\n"
              "    env.PORT: changed (restarts)\n"
              "    ready.http: \"${URL}\", what its variables say changed\n"
              "    user: not set → \"shop\" (restarts)\n");
    EXPECT_EQ(text.find('\x1b'), text.npos);
    EXPECT_TRUE(text.ends_with("    files: units/web.toml, units/web.d/10.toml\n"));
}

TEST(Progress, TakesWholeLinesAndKeepsTheOutcome) {
    Progress progress{"ready"};
    std::string body = "{\"schema\":1,\"outcomes\":[]}\n{\"sch";
    progress.take(body);
    EXPECT_EQ(progress.last_line(), "{\"schema\":1,\"outcomes\":[]}\n");
    EXPECT_EQ(body, "{\"sch");
    EXPECT_EQ(Progress::sentence(R"({"time":"T","seq":1,"event":"state","unit":"web","instance":1,)"
                                 R"("from":"inactive","to":"starting","reason":"awaiting ready"})"),
              "web/1 is starting: awaiting ready");
    EXPECT_EQ(Progress::sentence(R"({"time":"T","seq":1,"event":"spawn","unit":"web"})"), "");
}

}  // namespace
}  // namespace superctl
