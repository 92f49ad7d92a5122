// Clients that ask the real superd-logger for lines.
#include "tests/unit/logger/logger_process.hpp"

#include <sys/socket.h>
#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include <thread>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

// The body of a chunked response; fails the test if it is not well formed.
std::string body_of(const std::string& response, bool complete = true) {
    const std::size_t head = response.find("\r\n\r\n");
    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
    EXPECT_NE(response.find("Transfer-Encoding: chunked"), std::string::npos);
    if (head == std::string::npos) return {};
    std::string_view rest = std::string_view{response}.substr(head + 4);
    std::string body;
    while (!rest.empty()) {
        const std::size_t size = std::stoul(std::string{rest}, nullptr, 16);
        const std::size_t line = rest.find("\r\n");
        if (line == std::string_view::npos || rest.size() < line + 2 + size + 2) break;
        body += rest.substr(line + 2, size);
        rest.remove_prefix(line + 2 + size + 2);
        if (size == 0) {
            EXPECT_TRUE(rest.empty());
            return body;
        }
    }
    EXPECT_FALSE(complete) << "cut short";
    return body;
}

class ServeTest : public testing::Test {
protected:
    void SetUp() override {
        logger_.start();
        logger_.connect();
        for (std::uint64_t run = 1; run <= 2; ++run) {
            pipes_[run - 1] = logger_.make_pipes(run);
            Open open = open_request(run, run == 1 ? "web" : "db");
            open.policy.size_max = 3'000;
            open.policy.keep = 1'000;
            // Else a machine that stands still for two seconds looks like a disk that does.
            open.policy.when_full = WhenFull::block;
            logger_.send(open);
        }
    }
    void say(int run, std::string_view line, bool error = false) {
        auto& pipes = pipes_[run - 1];
        write_all(error ? pipes.err : pipes.out, std::string{line} + '\n');
    }
    void settle(std::uint64_t run) {
        logger_.send(Drain{run});
        logger_.expect<Tail>();
    }
    std::string ask(const Serve& request) { return body_of(read_until(logger_.serve(request))); }

    LoggerProcess logger_;
    LoggerProcess::Pipes pipes_[2];
};

TEST_F(ServeTest, GivesTheExactStoredLines) {
    for (int i = 0; i < 200; ++i) say(1, "line " + std::to_string(i));
    settle(1);
    const std::string all = logger_.all_lines("web");
    EXPECT_EQ(ask({.sources = {{"web", 0}}, .lines = 1'000}), all);
    EXPECT_EQ(split_lines(ask({.sources = {{"web", 0}}, .lines = 7})).size(), 7u);
    EXPECT_TRUE(all.ends_with(ask({.sources = {{"web", 0}}, .lines = 7})));
}

TEST_F(ServeTest, MergesSourcesByTimeAndFiltersStreams) {
    for (int i = 0; i < 6; ++i) {
        say(1 + i % 2, "line " + std::to_string(i), i >= 4);
        settle(1 + static_cast<std::uint64_t>(i) % 2);
    }
    const Serve both{.sources = {{"db", 0}, {"web", 0}}, .lines = 10};
    EXPECT_EQ(messages_of(ask(both)), (std::vector<std::string>{"line 0", "line 1", "line 2",
                                                                "line 3", "line 4", "line 5"}));
    Serve errors = both;
    errors.stream = "err";
    EXPECT_EQ(messages_of(ask(errors)), (std::vector<std::string>{"line 4", "line 5"}));
    Serve json = both;
    json.json = true;
    json.lines = 1;
    const auto objects = split_lines(ask(json));
    ASSERT_EQ(objects.size(), 2u);
    EXPECT_TRUE(objects[1].starts_with("{\"time\":\"2")) << objects[1];
    EXPECT_TRUE(objects[1].ends_with("\"stream\":\"err\",\"message\":\"line 5\"}")) << objects[1];
}

TEST_F(ServeTest, GivesNothingForWhatIsNotThere) {
    EXPECT_EQ(ask({.sources = {{"none", 3}, {"../etc", 0}}, .lines = 10}), "");
    EXPECT_EQ(ask({.sources = {}, .lines = 10}), "");
    say(1, "old");
    settle(1);
    EXPECT_EQ(ask({.sources = {{"web", 0}}, .lines = 10, .since_ns = 4'000'000'000'000'000'000}),
              "");
}

TEST_F(ServeTest, FollowsAcrossRotationWithoutGapOrRepetition) {
    for (int i = 0; i < 100; ++i) say(1, "line " + std::to_string(i));
    const os::Fd client =
        logger_.serve({.sources = {{"web", 0}, {"none", 0}}, .lines = 1'000, .follow = true});
    constexpr int lines = 5'000;  // Some hundred files.
    std::thread service{[&] {
        for (int i = 100; i < lines; ++i) {
            say(1, "line " + std::to_string(i));
            if (i % 100 == 0) ::usleep(1'000);
        }
    }};
    const std::string response = read_until(client, "line " + std::to_string(lines - 1) + "\n");
    service.join();
    const auto messages = messages_of(body_of(response, false));
    ASSERT_EQ(messages.size(), static_cast<std::size_t>(lines));
    for (int i = 0; i < lines; ++i)
        ASSERT_EQ(messages[static_cast<std::size_t>(i)], "line " + std::to_string(i));
}

TEST_F(ServeTest, FollowsAServiceThatHasNotLoggedYet) {
    const os::Fd client = logger_.serve({.sources = {{"db", 0}}, .lines = 5, .follow = true});
    read_until(client, "\r\n\r\n");
    say(2, "the first");
    EXPECT_NE(read_until(client, "\n").find("db/0[1002] out: the first\n"), std::string::npos);
    say(2, "the second", true);
    EXPECT_NE(read_until(client, "\n").find("db/0[1002] err: the second\n"), std::string::npos);
}

// More is written than the kernel queues signals for: those of the last service get lost.
TEST_F(ServeTest, HearsOfAllThatWasWrittenWhileItStoodStill) {
    const os::Fd client = logger_.serve({.sources = {{"db", 0}}, .lines = 5, .follow = true});
    read_until(client, "\r\n\r\n");
    ASSERT_EQ(::kill(logger_.pid(), SIGSTOP), 0);
    ASSERT_EQ(::waitpid(logger_.pid(), nullptr, WUNTRACED), logger_.pid());
    for (int i = 0; i < 3'000; ++i) say(1, "line");
    say(2, "the last");
    ASSERT_EQ(::kill(logger_.pid(), SIGCONT), 0);
    EXPECT_NE(read_until(client, "\n").find("db/0[1002] out: the last\n"), std::string::npos);
}

TEST_F(ServeTest, IsNotHeldUpByAClientThatDoesNotRead) {
    const os::Fd stalled = logger_.serve({.sources = {{"web", 0}}, .lines = 10, .follow = true});
    read_until(stalled, "\r\n\r\n");
    for (int i = 0; i < 20'000; ++i) say(1, "line " + std::to_string(i) + std::string(100, 'x'));
    settle(1);
    const auto lines = split_lines(ask({.sources = {{"web", 0}}, .lines = 1}));
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(message_of(lines[0]).starts_with("line 19999x"));
}

TEST_F(ServeTest, RefusesTooManyClients) {
    std::vector<os::Fd> clients;
    for (int i = 0; i < 64; ++i) {
        clients.push_back(logger_.serve({.sources = {{"web", 0}}, .lines = 1, .follow = true}));
        read_until(clients.back(), "\r\n\r\n");
    }
    const std::string refused =
        read_until(logger_.serve({.sources = {{"web", 0}}, .lines = 1, .follow = true}));
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
    EXPECT_EQ(logger_.terminate(), 0);  // And it ends at once for all that.
}

}  // namespace
}  // namespace superd::logger
