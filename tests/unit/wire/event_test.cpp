#include "wire/event.hpp"

#include <gtest/gtest.h>

namespace superd::wire {
namespace {

Event exit_event() {
    Event event;
    event.time = "2026-11-23T21:49:35.123456Z";
    event.seq = 12;
    event.kind = EventKind::exit;
    event.unit = "web";
    event.instance = 0;
    event.run = 17;
    event.pid = 4711;
    event.code = 1;
    event.uptime = 12.5;
    return event;
}

TEST(Event, AnExitHasTheMembersOfAnExitAndNoOthers) {
    EXPECT_EQ(serialize(exit_event()),
              R"({"time":"2026-11-23T21:49:35.123456Z","seq":12,"event":"exit","unit":"web",)"
              R"("instance":0,"run":17,"pid":4711,"code":1,"uptime":12.5})");
}

TEST(Event, EveryKindComesBackAsItWas) {
    for (const auto kind :
         {EventKind::state, EventKind::spawn, EventKind::spawn_failed, EventKind::ready,
          EventKind::exit, EventKind::lines, EventKind::dropped, EventKind::config, EventKind::hook,
          EventKind::check, EventKind::command, EventKind::frozen, EventKind::thawed,
          EventKind::oom, EventKind::superd}) {
        Event event;
        event.time = "t";
        event.kind = kind;
        const auto back = parse_event(serialize(event));
        ASSERT_TRUE(back) << to_string(kind);
        EXPECT_EQ(back->kind, kind);
        EXPECT_FALSE(back->instance);
    }
}

TEST(Event, WhatARunUsedAndWhoAskedComesBack) {
    auto event = exit_event();
    event.cpu = 0.25;
    event.rss = 4096;
    event.on = "db";
    event.hook = "pre-stop";
    event.action = "stop";
    event.uid = 1000;
    event.user = "ann";
    const auto back = parse_event(serialize(event));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->cpu, 0.25);
    EXPECT_EQ(back->rss, 4096u);
    EXPECT_EQ(back->on, "db");
    EXPECT_EQ(back->action, "stop");
    EXPECT_EQ(back->uid, 1000u);
    EXPECT_EQ(back->user, "ann");
}

TEST(Event, AllMembersComeBack) {
    auto event = exit_event();
    event.from = "ready";
    event.to = "backoff";
    event.goal = "up";
    event.reason = "retry 1 in 0.1 s";
    event.signal = "SIGSEGV";
    event.core = event.oom = event.unknown = true;
    event.lines = {"out: a\n", "err: \xff"};
    event.dropped = 3;
    event.message = "said \"no\"";
    const auto back = parse_event(serialize(event));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->unit, "web");
    EXPECT_EQ(back->instance, 0u);
    EXPECT_EQ(back->run, 17u);
    EXPECT_EQ(back->pid, 4711);
    EXPECT_EQ(back->to, "backoff");
    EXPECT_EQ(back->code, 1);
    EXPECT_EQ(back->signal, "SIGSEGV");
    EXPECT_TRUE(back->core && back->oom && back->unknown);
    EXPECT_EQ(back->uptime, 12.5);
    EXPECT_EQ(back->lines, (std::vector<std::string>{"out: a\n", "err: \xEF\xBF\xBD"}));
    EXPECT_EQ(back->dropped, 3u);
    EXPECT_EQ(back->message, "said \"no\"");
}

TEST(Event, ALineNeverContainsALineEnd) {
    auto event = exit_event();
    event.message = "one\ntwo\r\n";
    EXPECT_EQ(serialize(event).find('\n'), std::string::npos);
}

TEST(Event, DamagedLinesAreNoEvents) {
    const auto whole = serialize(exit_event());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(parse_event(std::string_view{whole}.substr(0, length))) << length;
    }
    EXPECT_FALSE(parse_event(R"({"time":"t","seq":1,"event":"birthday"})"));
    EXPECT_FALSE(parse_event(R"({"time":"t","event":"exit"})"));
    EXPECT_FALSE(parse_event(R"({"time":"t","seq":-1,"event":"exit"})"));
    EXPECT_FALSE(parse_event("[]"));
}

}  // namespace
}  // namespace superd::wire
