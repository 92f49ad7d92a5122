#include "control/server.hpp"

#include "control/places.hpp"
#include "os/linger.hpp"
#include "tests/unit/control/served.hpp"
#include "tests/unit/os/lingering.hpp"
#include "wire/error.hpp"

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto status_line = "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n";

// While it lives, this process can open nothing. Three and not none, as
// poll(2) counts what it is given against the same limit.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit few{3, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
    rlimit before_{};
};

std::string body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == answer.npos ? "" : answer.substr(end + 4);
}

TEST(ControlServer, AnswersQuestions) {
    Served served;
    EXPECT_THAT(ask(served, "GET", "/v1/status?unit=web&usage=true"),
                HasSubstr(R"("units":[{"name":"web")"));
    EXPECT_THAT(ask(served, "GET", "/v1/status?usage=true"), HasSubstr(R"("memory":1500000)"));
    EXPECT_THAT(ask(served, "GET", "/v1/status"), HasSubstr(R"("memory":null)"));
    EXPECT_THAT(ask(served, "GET", "/v1/summary"), HasSubstr(R"({"name":"db","state":"ready")"));
    EXPECT_THAT(ask(served, "GET", "/v1/version"), HasSubstr(R"({"schema":1,"version":")"));
    EXPECT_THAT(ask(served, "GET", "/v1/health"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(ask(served, "GET", "/v1/plan"), HasSubstr(R"("changes":[])"));
}

TEST(ControlServer, WaitsForNoDescriptorThatAClientSends) {
    Served served;
    {
        const RawClient client{served};
        Lingering one;
        // Refused where the kernel can do so: then it is closed here, and shall not wait either.
        if (!send_along(client.fd, one.ours)) os::stop_lingering(one.ours.get());
    }
    EXPECT_THAT(ask(served, "GET", "/v1/health"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(ControlServer, TellsHealthByStatusToo) {
    Served served;
    EXPECT_THAT(ask(served, "GET", "/v1/health?probe=readiness&unit=web"),
                AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("asked of web")));
    served.sync([&] { served.operations.state = "failed"; });
    EXPECT_THAT(ask(served, "GET", "/v1/health?probe=liveness"),
                AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr(R"("health":"failing")")));
    EXPECT_THAT(ask(served, "GET", "/v1/health"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(served, "GET", "/v1/health?probe=liveness&unit=wbe"),
                AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("did you mean")));
    served.sync([&] { served.operations.readers = false; });
    EXPECT_THAT(ask(served, "GET", "/v1/health?probe=liveness"), StartsWith("HTTP/1.1 403 "));
}

TEST(ControlServer, SaysNoWithASentence) {
    Served served;
    EXPECT_THAT(ask(served, "GET", "/v1/status?unit=wbe"),
                AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("did you mean \\\"web\\\"?")));
    EXPECT_THAT(ask(served, "GET", "/v1/staus"), HasSubstr("did you mean /v1/status?"));
    EXPECT_THAT(ask(served, "GET", "/v1/stop"),
                AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("\r\nAllow: POST\r\n")));
    EXPECT_THAT(ask(served, "POST", "/v1/stop", "{"), StartsWith("HTTP/1.1 400"));
    for (const auto* target : {"/v1/status?unit=wbe", "/x", "/v1/stop", "/v1/logs?lines=x"}) {
        const auto error = wire::parse_error(body_of(ask(served, "GET", target)));
        EXPECT_FALSE(error.kind.empty());
        EXPECT_FALSE(error.hint.empty());
    }
}

TEST(ControlServer, AnswersMalformedAndOversizedRequestsAndCloses) {
    Served served;
    RawClient nonsense{served};
    nonsense.send("\x16\x03\x01 nonsense\r\n\r\n");
    EXPECT_THAT(nonsense.read_to_end(), StartsWith("HTTP/1.1 400"));
    RawClient header{served};
    header.send("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x'));
    EXPECT_THAT(header.read_to_end(), StartsWith("HTTP/1.1 431"));
    RawClient body{served};
    body.send("POST /v1/start HTTP/1.1\r\nContent-Length: 70000\r\n\r\n");
    EXPECT_THAT(body.read_to_end(), StartsWith("HTTP/1.1 413"));
}

TEST(ControlServer, StrangersMayNotLookOrChange) {
    Served served;
    served.operations.changers = false;
    EXPECT_THAT(ask(served, "POST", "/v1/start", R"({"all":true})"),
                AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("only root and its own user may")));
    EXPECT_THAT(ask(served, "POST", "/v1/reload"), StartsWith("HTTP/1.1 403"));
    EXPECT_THAT(ask(served, "GET", "/v1/status"), StartsWith("HTTP/1.1 200"));
    served.sync([&] { served.operations.readers = false; });
    for (const auto* target : {"/v1/status", "/v1/summary", "/v1/events", "/v1/logs", "/v1/plan"}) {
        EXPECT_THAT(ask(served, "GET", target), StartsWith("HTTP/1.1 403")) << target;
    }
    EXPECT_THAT(ask(served, "GET", "/v1/health"), StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(served.operations.calls.empty());
}

TEST(ControlServer, TellsWhoChangesWhatBeforeItIsDone) {
    Served served;
    served.operations.act_at_once = true;
    ask(served, "POST", "/v1/stop", R"({"units":["web"]})");
    ask(served, "POST", "/v1/restart", R"({"all":true})");
    ask(served, "POST", "/v1/signal", R"({"units":["db/0"],"signal":"HUP"})");
    ask(served, "POST", "/v1/reload");
    ask(served, "POST", "/v1/start", R"({"units":["wbe"]})");  // Refused: there is none.
    ask(served, "GET", "/v1/status");
    served.operations.changers = false;
    ask(served, "POST", "/v1/apply");  // Refused: nothing is done.
    EXPECT_THAT(served.operations.commands,
                ElementsAre("stop web", "restart ", "signal db/0", "reload "));
}

TEST(ControlServer, AnswersSeveralRequestsOnOneConnectionInOrder) {
    Served served;
    RawClient client{served};
    client.send(
        "GET /v1/health HTTP/1.1\r\n\r\nGET /v1/version HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n"
        "Connection: close\r\n\r\n");
    const auto all = client.read_to_end();
    const auto health = all.find("health"), version = all.find("version"),
               unknown = all.find("404");
    EXPECT_LT(health, version);
    EXPECT_LT(version, unknown);
    EXPECT_NE(unknown, all.npos);
}

TEST(ControlServer, AStalledClientDelaysNobodyAndIsToldSo) {
    Served served{{.request = 50ms}};
    RawClient stalled{served};
    stalled.send("GET /v1/hea");
    EXPECT_THAT(ask(served, "GET", "/v1/health"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(stalled.read_to_end(), StartsWith("HTTP/1.1 408"));
}

TEST(ControlServer, AnIdleClientIsClosed) {
    Served served{{.idle = 20ms}};
    RawClient idle{served};
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_TRUE(idle.closed);
}

TEST(ControlServer, AsksForABodyThatIsWaitedFor) {
    Served served;
    RawClient client{served};
    client.send(
        "POST /v1/reload HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n");
    client.read_until_text("100 Continue\r\n\r\n");
    client.send("{}");
    EXPECT_THAT(client.read_to_end(), HasSubstr("HTTP/1.1 200"));
}

TEST(ControlServer, AReaderThatTakesNothingOfAnAnswerIsCutOff) {
    Served served{{.write = 50ms}};
    for (int i = 0; i < 20'000; ++i) served.operations.names.push_back("unit-" + std::to_string(i));
    RawClient client{served};
    client.send("GET /v1/status HTTP/1.1\r\n\r\n");
    // That it was served may be over before it is looked for: only its end is there to stay.
    pollfd hung{client.fd.get(), 0, 0};
    ASSERT_EQ(::poll(&hung, 1, 60'000), 1);
    served.until([&] { return served.server->connections() == 0; });
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(client.closed);
}

TEST(ControlServer, LogsAreTheLoggersToServe) {
    Served served;
    EXPECT_THAT(ask(served, "GET", "/v1/logs?unit=web&lines=3&stream=err"),
                EndsWith("\r\n\r\nhello from web\n"));
    EXPECT_THAT(served.operations.calls, ElementsAre("logs web 3 err"));
    served.until([&] { return served.server->connections() == 0; });
}

TEST(ControlServer, WithoutALoggerTheClientIsToldAndKept) {
    Served served;
    served.operations.refusal = "cannot reach the logger: Connection refused";
    RawClient client{served};
    client.send("GET /v1/logs?unit=web HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client.read_until_text("}\n"),
                AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("cannot reach the logger")));
    client.received.clear();
    client.send(status_line);
    EXPECT_THAT(client.read_until_text("}\n"), HasSubstr("ok"));
}

TEST(ControlServer, LogsAreNotServedWhenMoreHasBeenSent) {
    Served served;
    RawClient client{served};
    client.send("GET /v1/logs?unit=web HTTP/1.1\r\n\r\nGET /v1/health HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 400"));
    EXPECT_TRUE(served.operations.calls.empty());
}

TEST(ControlServer, OneClientTooManyIsToldSo) {
    Served served{{.connections_max = 2}};
    RawClient first{served}, second{served};
    served.until([&] { return served.server->connections() == 2; });
    RawClient third{served};
    EXPECT_THAT(third.read_to_end(), StartsWith("HTTP/1.1 503"));
    first.send(status_line);
    EXPECT_THAT(first.read_until_text("}\n"), HasSubstr("ok"));
    second.fd.reset();
    served.until([&] { return served.server->connections() == 1; });
    EXPECT_THAT(ask(served, "GET", "/v1/health"), StartsWith("HTTP/1.1 200"));
}

// Whoever is of no standing when it connects, as a user who may neither look nor change.
class StrangersAndAdministrators : public testing::Test {
protected:
    void come_as(bool administrators) {
        served.sync(
            [&] { served.operations.readers = served.operations.changers = administrators; });
    }
    // Connects until it is refused; the clients that were not.
    std::vector<RawClient> fill() {
        std::vector<RawClient> all;
        for (;;) {
            RawClient next{served};
            next.send(status_line);
            if (next.read_until_text("}\n").starts_with("HTTP/1.1 503")) {
                refusal = next.received;
                return all;
            }
            all.push_back(std::move(next));
        }
    }

    Served served{{.connections_max = 12,
                   .reserved = 3,
                   .strangers_max = 7,
                   .stranger_max = 5,
                   .stranger_idle = 20'000ms}};
    std::string refusal;
};

TEST_F(StrangersAndAdministrators, AStrangerLeavesPlacesToOthers) {
    come_as(false);
    const auto strangers = fill();
    EXPECT_EQ(strangers.size(), 5u);
    EXPECT_THAT(refusal, HasSubstr("cannot serve more connections of user "));
    come_as(true);
    EXPECT_THAT(ask(served, "POST", "/v1/reload"), StartsWith("HTTP/1.1 200"));
    served.until([&] { return served.server->connections() == 5; });
    const auto administrators = fill();
    EXPECT_EQ(administrators.size(), 12u - 5u);
}

TEST_F(StrangersAndAdministrators, ReadersLeavePlacesToAdministrators) {
    served.sync([&] { served.operations.changers = false; });
    const auto readers = fill();
    EXPECT_EQ(readers.size(), 12u - 3u);
    come_as(true);
    EXPECT_THAT(ask(served, "POST", "/v1/reload"), StartsWith("HTTP/1.1 200"));
}

TEST_F(StrangersAndAdministrators, APlaceIsFreeAgainWhenItsClientHasLeft) {
    come_as(false);
    auto strangers = fill();
    strangers.pop_back();
    served.until([&] { return served.server->connections() == 4; });
    come_as(true);  // What it has become does not matter to the place that it has.
    strangers.clear();
    served.until([&] { return served.server->connections() == 0; });
    come_as(false);
    EXPECT_EQ(fill().size(), 5u);
}

TEST(ControlServer, AnIdleStrangerIsClosedSooner) {
    Served served{{.stranger_idle = 20ms}};
    served.operations.readers = served.operations.changers = false;
    RawClient idle{served};
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_TRUE(idle.closed);
}

TEST(Places, AreCountedByUser) {
    control::Places places{
        {.connections_max = 12, .reserved = 3, .strangers_max = 7, .stranger_max = 5}};
    using control::Standing;
    for (int i = 0; i < 5; ++i) places.take(Standing::stranger, 7);
    EXPECT_TRUE(places.refuse(Standing::stranger, 7));
    EXPECT_FALSE(places.refuse(Standing::stranger, 8));
    places.take(Standing::stranger, 8);
    places.take(Standing::stranger, 8);
    EXPECT_TRUE(places.refuse(Standing::stranger, 9));
    EXPECT_FALSE(places.refuse(Standing::reader, 7));
    places.give_back(Standing::stranger, 7);
    EXPECT_FALSE(places.refuse(Standing::stranger, 7));
}

TEST(ControlServer, WithoutDescriptorsItWaitsAndGoesOn) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "UBSan opens a pipe to look at memory, and takes its failure for a bad object";
#endif
    Served served{{.accept_pause = 1ms}};
    RawClient client{served};
    served.until([&] { return served.server->connections() == 1; });
    client.send(status_line);
    client.read_until_text("}\n");

    os::Fd connecting{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    {
        const NoDescriptors none;
        const auto address = address_of(served.socket());
        const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
        ASSERT_EQ(::connect(connecting.get(), generic, sizeof address), 0);
        client.received.clear();
        client.send(status_line);  // Who is connected is served.
        EXPECT_THAT(client.read_until_text("}\n"), HasSubstr("ok"));
        EXPECT_EQ(served.sync([&] { return served.server->connections(); }), 1u);
    }
    served.until([&] { return served.server->connections() == 2; });
}

TEST(ControlServer, StoppingEndsWaitsAndConnections) {
    Served served;
    RawClient waiting{served}, following{served}, idle{served};
    waiting.send("POST /v1/start HTTP/1.1\r\nContent-Length: 12\r\n\r\n{\"all\":true}");
    following.send("GET /v1/events?follow=true HTTP/1.1\r\n\r\n");
    served.until([&] {
        return served.operations.waiting.size() == 1 && served.operations.sinks.size() == 1 &&
               served.server->connections() == 3;
    });
    served.sync([&] {
        served.server->stop();
        EXPECT_TRUE(served.operations.waiting.empty());
        EXPECT_TRUE(served.operations.sinks.empty());
    });
    for (auto* client : {&waiting, &following, &idle}) {
        client->read_to_end();
        EXPECT_TRUE(client->closed);
    }
    served.until([&] { return served.server->connections() == 0; });
}

TEST(ControlServer, AnIoContextThatIsNotRunAgainLeavesNothingBehind) {
    FakeOperations operations;
    {
        boost::asio::io_context io;
        char name[] = "/tmp/sdcXXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        const auto path = std::string{name} + "/s";
        os::Fd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const auto address = address_of(path);
        const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
        ASSERT_EQ(::bind(listener.get(), generic, sizeof address), 0);
        ASSERT_EQ(::listen(listener.get(), 1), 0);
        os::Fd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        ASSERT_EQ(::connect(client.get(), generic, sizeof address), 0);
        constexpr std::string_view request =
            "POST /v1/start HTTP/1.1\r\nContent-Length: 12\r\n\r\n{\"all\":true}";
        ASSERT_GT(::send(client.get(), request.data(), request.size(), 0), 0);
        control::Server server{io, std::move(listener), operations};
        while (operations.waiting.empty()) io.run_one();
        std::filesystem::remove_all(name);
    }
    EXPECT_TRUE(operations.waiting.empty());
    EXPECT_THAT(operations.calls, ElementsAre("act 0 db,web", "abandon"));
}

}  // namespace
}  // namespace superd::test
