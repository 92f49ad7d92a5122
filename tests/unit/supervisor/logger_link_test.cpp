#include "supervisor/logger_link.hpp"

#include "tests/unit/os/scratch.hpp"
#include "tests/unit/supervisor/logger_end.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LoggerLinkTest : public testing::Test {
protected:
    void run_until(const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!done() && std::chrono::steady_clock::now() < deadline) {
            if (io_.run_one_until(deadline) == 0) io_.restart();
        }
        EXPECT_TRUE(done());
    }
    void connect() {
        logger_.listen();
        link_.start();
        logger_.accept();
    }
    static os::Fd some_descriptor() { return os::Fd{::dup(2)}; }

    test::Scratch scratch_;
    boost::asio::io_context io_;
    LoggerEnd logger_{scratch_ / "logger.sock"};
    std::vector<std::string> replies_, problems_;
    int connections_ = 0;
    LoggerLink link_{io_.get_executor(),
                     scratch_ / "logger.sock",
                     {.reply =
                          [this](const logger::Reply& reply) {
                              if (const auto* closed = std::get_if<logger::Closed>(&reply))
                                  replies_.push_back("closed " + std::to_string(closed->run));
                              else
                                  replies_.emplace_back("another");
                          },
                      .connected =
                          [this] {
                              ++connections_;
                              link_.send(logger::Open{.run = 1});
                          },
                      .problem = [this](const std::string& text) { problems_.push_back(text); }}};
};

TEST_F(LoggerLinkTest, ANewConnectionIsToldFirstWhatALoggerMustKnow) {
    connect();
    EXPECT_EQ(1, connections_);
    EXPECT_THAT(logger_.hear_all(), ElementsAre("open 1"));
}

TEST_F(LoggerLinkTest, WhatIsSentWaitsForTheFlushAndKeepsItsOrder) {
    connect();
    logger_.hear_all();
    link_.send(logger::Drain{5});
    link_.send(logger::Close{5});
    EXPECT_THAT(logger_.hear_all(), IsEmpty());
    link_.flush();
    EXPECT_THAT(logger_.hear_all(), ElementsAre("drain 5", "close 5"));
}

TEST_F(LoggerLinkTest, RepliesAreToldAndThoseNotUnderstoodComplainedOf) {
    connect();
    logger_.say(logger::Closed{5});
    logger_.say(std::array{std::byte{255}, std::byte{1}});
    logger_.say(logger::Closed{6});
    run_until([&] { return replies_.size() == 2; });
    EXPECT_THAT(replies_, ElementsAre("closed 5", "closed 6"));
    EXPECT_THAT(problems_, SizeIs(1));
}

TEST_F(LoggerLinkTest, TheNextLoggerIsToldAllAgainAndServesTheClientsOfTheLast) {
    connect();
    logger_.hear_all();
    link_.send(logger::Drain{5});
    EXPECT_TRUE(link_.send(logger::Serve{}, some_descriptor()));
    logger_.hang_up();  // Before anything was flushed.
    run_until([&] { return connections_ == 2; });
    logger_.accept();
    const auto served = logger_.hear();
    ASSERT_TRUE(served);
    EXPECT_EQ("serve", LoggerEnd::word(served->request));
    EXPECT_TRUE(served->descriptor);
    EXPECT_THAT(logger_.hear_all(), ElementsAre("open 1"))
        << "what it must know is said by the handler, so the rest is not said twice";
}

TEST_F(LoggerLinkTest, WithoutALoggerOnlyClientsAreKept) {
    link_.send(logger::Drain{5});
    EXPECT_TRUE(link_.send(logger::Serve{}, some_descriptor()));
    link_.flush();
    connect();
    EXPECT_THAT(logger_.hear_all(), ElementsAre("serve", "open 1"));
}

TEST_F(LoggerLinkTest, ALoggerThatIsNotThereIsComplainedOfAndLookedForAgain) {
    link_.start();
    ASSERT_THAT(problems_, SizeIs(1));
    EXPECT_THAT(problems_[0], HasSubstr("logger.sock"));
    EXPECT_EQ(0, connections_);
    logger_.listen();
    run_until([&] { return connections_ == 1; });
}

TEST_F(LoggerLinkTest, ARequestThatFitsIntoNoPacketIsRefused) {
    connect();
    logger_.hear_all();
    logger::Serve serve;
    serve.stream = std::string(logger::packet_max, 'x');
    EXPECT_FALSE(link_.send(serve, some_descriptor()));
    link_.flush();
    EXPECT_THAT(logger_.hear_all(), IsEmpty());
}

TEST_F(LoggerLinkTest, WhatTheSocketHasNoRoomForIsSentWhenItHas) {
    connect();
    constexpr std::uint64_t many = 5000;
    for (std::uint64_t run = 1; run <= many; ++run) link_.send(logger::Drain{run});
    link_.flush();
    std::vector<std::string> heard = logger_.hear_all();
    EXPECT_LT(heard.size(), many) << "the socket took everything at once: nothing is tested";
    run_until([&] {
        for (auto& each : logger_.hear_all()) heard.push_back(std::move(each));
        return heard.size() == many + 1;
    });
    for (std::uint64_t run = 1; run <= many; ++run)
        ASSERT_EQ("drain " + std::to_string(run), heard[run]);
}

}  // namespace
}  // namespace superd::supervisor
