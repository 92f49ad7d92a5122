#include "ctl/timers.hpp"

#include "ctl/top.hpp"
#include "wire/time.hpp"

#include <gtest/gtest.h>

namespace superctl {
namespace {

namespace wire = superd::wire;
using namespace std::chrono_literals;

constexpr std::int64_t now_ns = 1'800'000'000'000'000'000;

std::string moment(std::int64_t seconds) {
    return wire::format_time(now_ns + seconds * 1'000'000'000);
}

wire::UnitStatus unit(std::string name, std::string state) {
    wire::UnitStatus made{.name = std::move(name), .state = state};
    made.instances.push_back({.state = state, .since = moment(-5)});
    return made;
}

wire::UnitStatus timed(std::string name, std::string state, std::string schedule) {
    auto made = unit(std::move(name), std::move(state));
    made.timer = wire::TimerStatus{std::move(schedule), "skip", false};
    return made;
}

wire::Status timers() {
    wire::Status status;
    auto backup = timed("backup", "completed", "daily 03:00");
    backup.instances[0].next_run = moment(7200);
    backup.instances[0].last_run = moment(-60);
    backup.instances[0].last_exit = wire::LastExit{.at = moment(-58), .uptime = 2, .code = 0};
    auto tick = timed("tick", "starting", "every 1min");
    tick.instances[0].next_run = moment(30);
    tick.instances[0].last_run = moment(-5);
    auto off = timed("off", "inactive", "hourly");
    off.instances[0].suspended = true;
    status.units = {backup, off, tick, unit("web", "ready")};
    return status;
}

TEST(Timers, AreListedByWhenTheyAreDue) {
    EXPECT_EQ(render_timers(timers(), Style{false}, now_ns),
              "NAME    NEXT       LAST        RESULT             SCHEDULE\n"
              "tick    in 30.0s   5.0s ago    running for 5.0s   every 1min\n"
              "backup  in 2h 00m  1m 00s ago  exit 0 after 2.0s  daily 03:00\n"
              "off     suspended  -           -                  hourly\n");
    EXPECT_EQ(render_timers({}, Style{false}, now_ns), "");
}

TEST(Timers, AreListedForPrograms) {
    wire::Status status;
    status.units = {timers().units[1]};
    EXPECT_EQ(timers_as_json(status),
              R"({"schema":1,"timers":[{"unit":"off","instance":0,"schedule":"hourly",)"
              R"("overlap":"skip","catch-up":false,"suspended":true,"next":null,"last":null,)"
              R"("state":"inactive","last-exit":null}]})"
              "\n");
}

wire::Status used(double web_cpu, std::uint64_t run = 1) {
    wire::Status status;
    auto web = unit("web", "ready");
    web.instances[0].pid = 17;
    web.instances[0].run = run;
    web.instances[0].cpu = web_cpu;
    web.instances[0].memory = 1'500'000;
    web.instances[0].tasks = 3;
    status.units = {unit("down", "inactive"), web};
    return status;
}

TEST(Top, ASecondLookTellsWhatWasUsedBetween) {
    Top top;
    EXPECT_EQ(top.take(used(1), 10s)[1].cpu, std::nullopt) << "nothing to compare it with";
    const auto rows = top.take(used(2), 12s);
    EXPECT_EQ(rows[0].name, "web");
    EXPECT_EQ(rows[0].cpu, 50.0);
    EXPECT_EQ(rows[1].cpu, std::nullopt);
    EXPECT_EQ(top.take(used(0.5, 2), 13s)[0].cpu, std::nullopt) << "another run";
    EXPECT_EQ(top.take(used(0.25, 2), 14s)[0].cpu, 0.0) << "a child has ended";
}

TEST(Top, IsATableAsWideAsTheTerminal) {
    Top top;
    top.take(used(1), 10s);
    const auto rows = top.take(used(1.123), 11s);
    EXPECT_EQ(render_top(rows, Style{false}, 0, 0),
              "1 of 2 instances run: cpu 12.3%, memory 1.5 MB, tasks 3\n"
              "NAME  STATE     PID  CPU%  MEMORY  TASKS  RESTARTS\n"
              "web   ready      17  12.3  1.5 MB      3         0\n"
              "down  inactive    -     -       -      -         0\n");
    EXPECT_EQ(render_top(rows, Style{false}, 3, 0).find("down"), std::string::npos);
    EXPECT_EQ(top_as_json({rows[1]}),
              R"({"schema":1,"instances":[{"unit":"down","instance":0,"state":"inactive",)"
              R"("pid":null,"cpu-percent":null,"memory":null,"tasks":null,"restarts":0}]})"
              "\n");
}

}  // namespace
}  // namespace superctl
