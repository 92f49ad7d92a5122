// Clients that wait: for a command's outcome, or for events.
#include "control/server.hpp"
#include "tests/unit/control/served.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto status_line = "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ControlServer, ACommandIsAnsweredWhenItsOutcomeIsKnown) {
    Served served;
    RawClient client{served};
    client.send(
        "POST /v1/start HTTP/1.1\r\nContent-Length: 26\r\n\r\n{\"units\":[\"web\",\"db/1\"]}  ");
    served.until([&] { return served.operations.waiting.size() == 1; });
    EXPECT_THAT(ask(served, "GET", "/v1/health"), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(client.received, "");
    served.sync([&] { served.operations.finish_all(); });
    EXPECT_THAT(
        client.read_until_text("]}\n"),
        AllOf(StartsWith("HTTP/1.1 200"),
              HasSubstr(R"({"unit":"web","instance":null,"outcome":"done","state":"ready")"),
              HasSubstr(R"({"unit":"db","instance":1,)")));
    EXPECT_THAT(served.operations.calls, ElementsAre("act 0 web,db/1"));
    client.received.clear();
    client.send(status_line);  // The connection is good for more.
    EXPECT_THAT(client.read_until_text("}\n"), HasSubstr("ok"));
}

TEST(ControlServer, ThreadsAreToldWhenTheyWereLookedAt) {
    Served served;
    RawClient client{served};
    client.send("GET /v1/threads?unit=web&sample=0.5 HTTP/1.1\r\n\r\n");
    served.until([&] { return served.operations.surveys.size() == 1; });
    served.sync([&] {
        served.operations.surveys.begin()->second({.sample = 0.5});
        served.operations.surveys.clear();
    });
    EXPECT_THAT(client.read_until_text("]}\n"),
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr(R"("sample":0.5)")));
    EXPECT_THAT(served.operations.calls, ElementsAre("threads 500 web"));
    client.received.clear();
    client.send(status_line);  // The connection is good for more.
    EXPECT_THAT(client.read_until_text("}\n"), HasSubstr("ok"));
    EXPECT_THAT(ask(served, "GET", "/v1/threads?unit=wbe"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(ask(served, "GET", "/v1/threads?sample=11"),
                AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("at most 10")));
}

TEST(ControlServer, AClientThatLeavesWhileThreadsAreLookedAtIsAbandoned) {
    Served served;
    {
        RawClient client{served};
        client.send("GET /v1/threads HTTP/1.1\r\n\r\n");
        served.until([&] { return served.operations.surveys.size() == 1; });
    }
    served.until([&] { return served.operations.surveys.empty(); });
    EXPECT_THAT(served.operations.calls, ElementsAre("threads 200 db,web", "abandon"));
}

TEST(ControlServer, ACommandThatIsDoneAtOnceIsAnsweredAtOnce) {
    Served served;
    served.operations.act_at_once = true;
    EXPECT_THAT(ask(served, "POST", "/v1/stop", R"({"units":["web"]})"),
                StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(served.operations.calls, ElementsAre("act 1 web"));
}

TEST(ControlServer, AFailedCommandIsAConflict) {
    Served served;
    served.operations.act_at_once = true;
    served.operations.outcome = core::Outcome::superseded;
    EXPECT_THAT(ask(served, "POST", "/v1/restart", R"({"units":["web"]})"),
                AllOf(StartsWith("HTTP/1.1 409"), HasSubstr("superseded")));
}

TEST(ControlServer, ACommandThatIsNotWaitedForIsPendingAndAbandoned) {
    Served served;
    EXPECT_THAT(
        ask(served, "POST", "/v1/start", R"({"units":["web"],"wait":false})"),
        AllOf(StartsWith("HTTP/1.1 202"), HasSubstr(R"("outcome":"pending","state":"ready")")));
    EXPECT_THAT(served.operations.calls, ElementsAre("act 0 web", "abandon"));
}

TEST(ControlServer, ACommandThatTakesTooLongIsPendingAndAbandoned) {
    Served served;
    EXPECT_THAT(ask(served, "POST", "/v1/wait", R"({"units":["web"],"timeout":0.02})"),
                AllOf(StartsWith("HTTP/1.1 504"), HasSubstr(R"("outcome":"pending")")));
    EXPECT_THAT(served.operations.calls, ElementsAre("wait ready web", "abandon"));
}

TEST(ControlServer, AClientThatLeavesWhileItWaitsIsAbandoned) {
    Served served;
    {
        RawClient client{served};
        client.send("POST /v1/start HTTP/1.1\r\nContent-Length: 12\r\n\r\n{\"all\":true}");
        served.until([&] { return served.operations.waiting.size() == 1; });
    }
    served.until([&] { return served.operations.waiting.empty(); });
    served.until([&] { return served.server->connections() == 0; });
    EXPECT_THAT(served.operations.calls, ElementsAre("act 0 db,web", "abandon"));
}

TEST(ControlServer, WhatIsSentAheadDuringAWaitIsAnsweredAfterIt) {
    Served served;
    RawClient client{served};
    client.send("POST /v1/start HTTP/1.1\r\nContent-Length: 12\r\n\r\n{\"all\":true}");
    served.until([&] { return served.operations.waiting.size() == 1; });
    client.send("GET /v1/version HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(ask(served, "GET", "/v1/health"), StartsWith("HTTP/1.1 200"));
    served.sync([&] { served.operations.finish_all(); });
    const auto all = client.read_to_end();
    EXPECT_LT(all.find("outcomes"), all.find("version"));
    EXPECT_NE(all.find("version"), all.npos);
}

TEST(ControlServer, AFloodDuringAWaitEndsTheConnection) {
    Served served;
    RawClient client{served};
    client.send("POST /v1/start HTTP/1.1\r\nContent-Length: 12\r\n\r\n{\"all\":true}");
    served.until([&] { return served.operations.waiting.size() == 1; });
    client.send(std::string(1'000'000, 'x'));
    served.until([&] { return served.operations.waiting.empty(); });
}

constexpr auto state_web =
    R"({"time":"t","seq":1,"event":"state","unit":"web","instance":0,"from":"a","to":"b"})";
constexpr auto state_db =
    R"({"time":"t","seq":2,"event":"state","unit":"db","instance":0,"from":"a","to":"b"})";

TEST(ControlServer, ProgressIsSentAsItHappensAndTheOutcomeLast) {
    Served served;
    RawClient client{served};
    client.send(
        "POST /v1/start HTTP/1.1\r\nAccept: application/x-ndjson\r\nContent-Length: 19\r\n\r\n"
        R"({"units":["web/0"]})");
    served.until([&] { return served.operations.sinks.size() == 1; });
    served.sync([&] { served.operations.publish(state_db); });
    served.sync([&] { served.operations.publish(state_web); });
    client.read_until_text(R"("unit":"web")");
    EXPECT_THAT(client.received, Not(HasSubstr("outcomes")));
    served.sync([&] { served.operations.finish_all(); });
    EXPECT_THAT(client.read_until_text("0\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Transfer-Encoding: chunked"),
                      HasSubstr(R"({"schema":1,"outcomes":[)"), Not(HasSubstr("\"unit\":\"db\""))));
    EXPECT_TRUE(served.sync([&] { return served.operations.sinks.empty(); }));
    client.received.clear();
    client.send(status_line);
    EXPECT_THAT(client.read_until_text("}\n"), HasSubstr("ok"));
}

TEST(ControlServer, EventsAreFollowedUntilTheClientLeaves) {
    Served served;
    served.operations.past_events = std::string{state_db} + "\n";
    {
        RawClient client{served};
        client.send("GET /v1/events?since=60&follow=true HTTP/1.1\r\n\r\n");
        client.read_until_text(R"("unit":"db")");
        served.sync([&] { served.operations.publish(state_web); });
        client.read_until_text(R"("unit":"web")");
    }
    served.until([&] { return served.operations.sinks.empty(); });
    EXPECT_THAT(ask(served, "GET", "/v1/events"), EndsWith(std::string{state_db} + "\n"));
}

TEST(ControlServer, AnOldClientGetsEventsWithoutChunks) {
    Served served;
    RawClient client{served};
    client.send("GET /v1/events?follow=true HTTP/1.0\r\n\r\n");
    served.until([&] { return served.operations.sinks.size() == 1; });
    served.sync([&] { served.operations.publish(state_web); });
    EXPECT_THAT(
        client.read_until_text("}\n"),
        AllOf(Not(HasSubstr("chunked")), EndsWith(std::string{"\r\n\r\n"} + state_web + "\n")));
}

TEST(ControlServer, AReaderThatIsTooSlowIsCutOff) {
    Served served{{.backlog_bytes_max = 10'000}};
    RawClient client{served};
    client.send("GET /v1/events?follow=true HTTP/1.1\r\n\r\n");
    served.until([&] { return served.operations.sinks.size() == 1; });
    served.until([&] {  // More than its socket and its backlog hold.
        for (int i = 0; i < 100; ++i) served.operations.publish(state_web);
        return served.operations.sinks.empty() || served.server->connections() == 0;
    });
    served.until([&] { return served.server->connections() == 0; });
    client.read_to_end();
    EXPECT_TRUE(client.closed);
}

}  // namespace
}  // namespace superd::test
