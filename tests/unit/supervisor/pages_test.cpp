// The pages of workers, and what they are told.
#include "supervisor/pages.hpp"

#include "protocol/page.hpp"
#include "supervisor/worker_settings.hpp"
#include "tests/unit/supervisor/keeper_end.hpp"
#include "tests/unit/supervisor/page_fixture.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

class PagesTest : public testing::Test {
protected:
    // What the keeper was told next: "hold page.7".
    std::string told() {
        const auto inbound = keeper_.hear();
        return (inbound.message.kind == keeper::Kind::hold ? "hold " : "release ") +
               std::string{inbound.message.name};
    }

    // Of the instance whose record is in that slot; runs up to `alive` live.
    Result<int> make(core::RunId run, std::uint32_t slot = 3, core::RunId alive = 0) {
        return pages_.make(slot, run, [alive](core::RunId other) { return other <= alive; });
    }

    boost::asio::io_context io_;
    KeeperEnd keeper_;
    KeeperLink link_{io_.get_executor(), keeper_.take_link()};
    std::vector<core::RunId> gone_;
    Pages pages_{link_, [this](core::RunId run) { gone_.push_back(run); }};
};

TEST_F(PagesTest, CanBeNeitherCutNorMadeLonger) {
    const auto fd = make(7);
    ASSERT_TRUE(fd);
    EXPECT_EQ(told(), "hold page.7");
    struct stat info{};
    ASSERT_EQ(0, ::fstat(*fd, &info));
    EXPECT_EQ(static_cast<std::size_t>(info.st_size), protocol::page_size);
    EXPECT_NE(0, ::ftruncate(*fd, 4096));
    EXPECT_NE(0, ::ftruncate(*fd, info.st_size + 1));
    EXPECT_EQ(1, ::pwrite(*fd, "x", 1, 0)) << "what is in it is the worker's";
}

TEST_F(PagesTest, StayForTwoRunsBefore) {
    for (const core::RunId run : {7u, 8u, 9u, 10u}) ASSERT_TRUE(make(run));
    ASSERT_TRUE(make(11, 4));
    EXPECT_EQ(told(), "hold page.7");
    EXPECT_EQ(told(), "hold page.8");
    EXPECT_EQ(told(), "hold page.9");
    EXPECT_EQ(told(), "release page.7");
    EXPECT_EQ(told(), "hold page.10");
    EXPECT_EQ(pages_.find(7), nullptr);
    EXPECT_NE(pages_.find(8), nullptr);
    pages_.drop(3);
    EXPECT_EQ(pages_.find(10), nullptr);
    EXPECT_NE(pages_.find(11), nullptr) << "another instance's";
}

// Its replacements fail one after the other.
TEST_F(PagesTest, StayForARunThatLives) {
    for (const core::RunId run : {7u, 8u, 9u, 10u, 11u, 12u}) ASSERT_TRUE(make(run, 3, 7));
    EXPECT_EQ(pages_.runs(), (std::vector<core::RunId>{7, 10, 11, 12}));
    EXPECT_EQ(gone_, (std::vector<core::RunId>{8, 9}));
}

TEST_F(PagesTest, AreHeldAgainWhenAWorkerHadThemAlone) {
    const WrittenPage written;
    pages_.restore(3, 7, os::Fd{::dup(written.fd.get())});
    EXPECT_EQ(told(), "hold page.7");
    ASSERT_NE(pages_.find(7), nullptr);
    pages_.drop(3);
    EXPECT_EQ(told(), "release page.7");
}

TEST(WorkerSettings, AreWhatTheProtocolSays) {
    config::Unit unit;
    unit.spec.name = "shop";
    unit.hosted = std::make_unique<config::Hosted>();
    unit.hosted->module = "/lib/shop.so";
    unit.hosted->model = config::Model::threads;
    unit.hosted->cpus_each = true;
    unit.hosted->config = R"({"greeting":"hello"})";
    const std::array processors{0, 4, 6};
    const auto text = worker_settings(unit, {4, 5, 3, "crash(SIGSEGV)"}, processors);
    const auto expected = boost::json::parse(R"json({
        "version": 1, "unit": "shop", "index": 4, "count": 5, "generation": 3,
        "reason": "crash(SIGSEGV)", "language": "c++", "module": "/lib/shop.so",
        "model": "threads", "threads": 16, "loop": "asyncio", "preload": false,
        "stall-warn": 250, "stall-timeout": 5000, "task-timeout": 0, "drain-timeout": 30000,
        "max-tasks": 0, "cpus": [4], "config": {"greeting": "hello"}
    })json");
    EXPECT_EQ(boost::json::parse(text), expected) << text;
    const auto file = sealed_file("x", text);
    ASSERT_TRUE(file);
    EXPECT_EQ(-1, ::pwrite(file->get(), "x", 1, 0));
    std::string read(text.size(), '\0');
    EXPECT_EQ(static_cast<ssize_t>(text.size()), ::read(file->get(), read.data(), read.size()));
    EXPECT_EQ(read, text) << "from its beginning";
}

}  // namespace
}  // namespace superd::supervisor
