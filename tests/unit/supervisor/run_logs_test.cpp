#include "supervisor/run_logs.hpp"

#include "tests/unit/os/scratch.hpp"
#include "tests/unit/supervisor/keeper_end.hpp"
#include "tests/unit/supervisor/logger_end.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using keeper::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr uid_t nobody_else = static_cast<uid_t>(-1);
constexpr core::InstanceId web{1, 0};

class RunLogsTest : public testing::Test {
protected:
    RunLogsTest() {
        std::filesystem::create_directory(scratch_ / "log");
        logger_.listen();
        link_.start();
        logger_.accept();
    }

    void make(core::RunId run) {
        const auto fifos = logs_.create(run, nobody_else, nobody_else);
        ASSERT_TRUE(fifos.has_value()) << fifos.error().message();
        ASSERT_EQ(Kind::hold, keeper_.hear().message.kind);
    }
    // Makes the run known to the logger.
    void begin(core::RunId run, core::InstanceId id = web) {
        make(run);
        logs_.open(run, id, 4000 + static_cast<pid_t>(run));
    }
    std::vector<std::string> told() {
        link_.flush();
        return logger_.hear_all();
    }
    void run_until(const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!done() && std::chrono::steady_clock::now() < deadline) io_.run_one_until(deadline);
        EXPECT_TRUE(done());
    }
    // The logger dies, and another takes its place.
    void replace_logger() {
        logger_.hang_up();
        run_until([&] { return connections_ == 2; });
        logger_.accept();
    }
    std::vector<std::string> await_words(std::size_t count) {
        std::vector<std::string> heard;
        run_until([&] {
            for (auto& each : logger_.hear_all()) heard.push_back(std::move(each));
            return heard.size() >= count;
        });
        return heard;
    }
    bool there(core::RunId run) {
        const auto path = scratch_ / ("log/" + std::to_string(run));
        const bool out = std::filesystem::exists(path + ".out");
        EXPECT_EQ(out, std::filesystem::exists(path + ".err"));
        return out;
    }

    test::Scratch scratch_;
    boost::asio::io_context io_;
    KeeperEnd keeper_;
    LoggerEnd logger_{scratch_ / "logger.sock"};
    std::string unit_ = "web";
    bool busy_ = false;
    int connections_ = 0;
    KeeperLink keeper_link_{io_.get_executor(), keeper_.take_link()};
    LoggerLink link_{io_.get_executor(),
                     scratch_ / "logger.sock",
                     {.reply = [](const logger::Reply&) {},
                      .connected =
                          [this] {
                              ++connections_;
                              logs_.say_again();
                          },
                      .problem = [](const std::string& text) { ADD_FAILURE() << text; }}};
    RunLogs logs_{
        io_.get_executor(),
        scratch_.path(),
        keeper_link_,
        link_,
        [this](core::InstanceId id) { return logger::Open{.index = id.index, .unit = unit_}; },
        [this] { return busy_; }};
};

TEST_F(RunLogsTest, TheKeeperHoldsTheFifosOfARun) {
    const auto fifos = logs_.create(5, nobody_else, nobody_else);
    ASSERT_TRUE(fifos.has_value());
    const auto held = keeper_.hear();
    EXPECT_EQ(Kind::hold, held.message.kind);
    EXPECT_STREQ("log.5", held.message.name);
    ASSERT_EQ(3, ::write(fifos->err.get(), "two", 3));
    char text[4] = {};
    EXPECT_EQ(3, ::read(held.descriptors[1].get(), text, 3)) << "the second is err";
    EXPECT_STREQ("two", text);
    EXPECT_TRUE(there(5));
}

TEST_F(RunLogsTest, FifosThatCannotBeMadeLeaveNothingBehind) {
    std::filesystem::create_directory(scratch_ / "log/5.err");
    EXPECT_FALSE(logs_.create(5, nobody_else, nobody_else).has_value());
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "log/5.out"));
}

TEST_F(RunLogsTest, ARunThatNeverWasLeavesNothing) {
    make(5);
    logs_.discard(5);
    const auto released = keeper_.hear();
    EXPECT_EQ(Kind::release, released.message.kind);
    EXPECT_STREQ("log.5", released.message.name);
    EXPECT_FALSE(there(5));
}

TEST_F(RunLogsTest, ARunIsOpenedDrainedAndClosed) {
    begin(5);
    link_.flush();
    const auto opened = logger_.hear();
    ASSERT_TRUE(opened);
    const auto& open = std::get<logger::Open>(opened->request);
    EXPECT_EQ(5u, open.run);
    EXPECT_EQ(4005, open.pid);
    EXPECT_EQ("web", open.unit);
    EXPECT_EQ(web, *logs_.find(5));

    logs_.drain(5);
    EXPECT_THAT(told(), IsEmpty()) << "settle() tells it, for many may end at once";
    logs_.settle();
    EXPECT_THAT(told(), ElementsAre("drain 5"));
    logs_.drain(5);
    logs_.settle();
    EXPECT_THAT(told(), IsEmpty()) << "once";
    logs_.close(5);
    logs_.close(5);
    EXPECT_THAT(told(), ElementsAre("close 5"));

    EXPECT_TRUE(there(5)) << "the logger reads what is in them";
    logs_.closed(5);
    EXPECT_FALSE(there(5));
    EXPECT_EQ(Kind::release, keeper_.hear().message.kind);
    EXPECT_TRUE(logs_.idle());
}

TEST_F(RunLogsTest, ARunThatIsClosedBeforeItsDrainWasToldIsDrainedFirst) {
    begin(5);
    told();
    logs_.drain(5);
    logs_.close(5);
    logs_.settle();
    EXPECT_THAT(told(), ElementsAre("drain 5", "close 5"));
}

TEST_F(RunLogsTest, ALateAnswerDoesNotCloseARunThatLives) {
    begin(5);
    logs_.closed(5);
    EXPECT_TRUE(there(5));
    EXPECT_FALSE(logs_.idle());
}

TEST_F(RunLogsTest, TheLastLinesOfManyWaitUntilThereIsNoUrgentWork) {
    for (core::RunId run = 1; run <= 6; ++run) begin(run);
    told();
    busy_ = true;
    for (core::RunId run = 1; run <= 6; ++run) logs_.drain(run);
    logs_.settle();
    io_.run_one();
    EXPECT_THAT(told(), IsEmpty());
    busy_ = false;
    const auto heard = await_words(6);
    EXPECT_THAT(heard,
                ElementsAre("drain 1", "drain 2", "drain 3", "drain 4", "drain 5", "drain 6"));
}

TEST_F(RunLogsTest, TheLastLinesDoNotWaitForEver) {
    for (core::RunId run = 1; run <= 6; ++run) begin(run);
    told();
    busy_ = true;
    for (core::RunId run = 1; run <= 6; ++run) logs_.drain(run);
    logs_.settle();
    const auto heard = await_words(6);
    EXPECT_EQ(6u, heard.size());
}

TEST_F(RunLogsTest, ANewLoggerHearsHowFarEachRunIs) {
    begin(1);
    begin(2);
    begin(3);
    told();
    logs_.drain(2);
    logs_.settle();
    logs_.drain(3);
    logs_.close(3);
    replace_logger();
    auto heard = told();
    std::ranges::sort(heard);
    EXPECT_THAT(heard, ElementsAre("close 3", "drain 2", "drain 3", "open 1", "open 2", "open 3"));
    logs_.settle();
    EXPECT_THAT(told(), IsEmpty()) << "what was owed is paid";
}

TEST_F(RunLogsTest, OfAForgottenInstanceTheLoggerIsToldWhatItWas) {
    begin(5);
    told();
    logs_.drain(5);
    logs_.settle();
    logs_.close(5);
    logs_.forget(web);
    unit_ = "nobody knows any more";
    replace_logger();
    link_.flush();
    const auto opened = logger_.hear();
    ASSERT_TRUE(opened);
    EXPECT_EQ("web", std::get<logger::Open>(opened->request).unit);
}

TEST_F(RunLogsTest, ANewDefinitionIsToldOfRunsThatLive) {
    begin(5);
    begin(6);
    begin(7, {1, 1});
    logs_.drain(6);
    logs_.settle();
    told();
    logs_.refresh(web);
    EXPECT_THAT(told(), ElementsAre("open 5"));
}

TEST_F(RunLogsTest, WhatIsLeftOverIsFoundAndRetired) {
    make(17);
    make(5);
    std::filesystem::remove(scratch_ / "log/17.err");
    std::filesystem::create_directory(scratch_ / "log/no-run.out");
    EXPECT_THAT(logs_.leftovers(), ElementsAre(5, 17));
    logs_.retire(5);
    EXPECT_THAT(told(), ElementsAre("close 5"));
    logs_.closed(5);
    EXPECT_FALSE(there(5));
    EXPECT_THAT(logs_.leftovers(), ElementsAre(17));
}

}  // namespace
}  // namespace superd::supervisor
