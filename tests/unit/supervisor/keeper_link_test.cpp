#include "supervisor/keeper_link.hpp"

#include "tests/unit/supervisor/keeper_end.hpp"

#include <sys/stat.h>

#include <fcntl.h>

#include <array>
#include <set>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using keeper::Kind;
using testing::ElementsAre;

ino_t inode(const os::Fd& fd) {
    struct stat info{};
    EXPECT_EQ(0, ::fstat(fd.get(), &info));
    return info.st_ino;
}

class KeeperLinkTest : public testing::Test {
protected:
    boost::asio::io_context io_;
    KeeperEnd keeper_;
    KeeperLink link_{io_.get_executor(), keeper_.take_link()};
};

TEST_F(KeeperLinkTest, SaysHelloInTheProtocolsVersion) {
    link_.hello();
    const auto said = keeper_.hear();
    EXPECT_EQ(Kind::hello, said.message.kind);
    EXPECT_EQ(static_cast<int>(keeper::protocol_version), said.message.value);
}

TEST_F(KeeperLinkTest, NothingIsThereWhenNothingWasSaid) {
    EXPECT_FALSE(link_.readable({}));
    EXPECT_FALSE(link_.receive());
    EXPECT_FALSE(link_.closed());
}

TEST_F(KeeperLinkTest, WhatComesBeforeWhatIsAwaitedStaysInLine) {
    keeper_.say({.kind = Kind::exited, .pid = 17});
    keeper_.say({.kind = Kind::signalled, .value = 15});
    keeper_.say({.kind = Kind::welcome, .pid = 1});
    const auto welcome = link_.await(Kind::welcome);
    ASSERT_TRUE(welcome);
    EXPECT_EQ(1, welcome->message.pid);
    EXPECT_TRUE(link_.readable({})) << "from the line, not the socket";
    EXPECT_EQ(17, link_.receive()->message.pid);
    EXPECT_EQ(15, link_.receive()->message.value);
    EXPECT_FALSE(link_.receive());
}

TEST_F(KeeperLinkTest, TheListOfWhatIsHeldLeavesTheRestInLine) {
    keeper_.say(KeeperEnd::named(Kind::held, "log.1"));
    keeper_.say({.kind = Kind::exited, .pid = 17});
    keeper_.say(KeeperEnd::named(Kind::held, "pidfd.2"));
    keeper_.say({.kind = Kind::held_end});
    std::set<std::string> names;
    EXPECT_TRUE(link_.await_list(names));
    EXPECT_THAT(names, ElementsAre("log.1", "pidfd.2"));
    EXPECT_EQ(17, link_.receive()->message.pid);
    EXPECT_FALSE(link_.receive());
}

TEST_F(KeeperLinkTest, HoldsAndFetchesDescriptorsByName) {
    const os::Fd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const os::Fd zero{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
    link_.hold("log.5", std::array{null.get(), zero.get()});
    const auto held = keeper_.hear();
    EXPECT_EQ(Kind::hold, held.message.kind);
    EXPECT_STREQ("log.5", held.message.name);
    EXPECT_EQ(inode(null), inode(held.descriptors[0]));
    EXPECT_EQ(inode(zero), inode(held.descriptors[1]));

    keeper_.say({.kind = Kind::exited, .pid = 17});
    keeper_.say(KeeperEnd::named(Kind::fetched, "log.5"), std::array{held.descriptors[1].get()});
    const auto fetched = link_.fetch("log.5");
    EXPECT_EQ(inode(zero), inode(fetched[0]));
    EXPECT_FALSE(fetched[1]);
    EXPECT_EQ(Kind::fetch, keeper_.hear().message.kind);
    EXPECT_EQ(17, link_.receive()->message.pid) << "it came while the answer was waited for";

    link_.release("log.5");
    const auto released = keeper_.hear();
    EXPECT_EQ(Kind::release, released.message.kind);
    EXPECT_STREQ("log.5", released.message.name);
}

TEST_F(KeeperLinkTest, TellsTheRestInNumbers) {
    link_.acknowledge(17, 3);
    link_.beat(std::chrono::seconds{30});
    link_.finished(78);
    const auto acknowledged = keeper_.hear().message;
    EXPECT_EQ(Kind::acknowledge, acknowledged.kind);
    EXPECT_EQ(17, acknowledged.pid);
    EXPECT_EQ(3, acknowledged.value);
    EXPECT_EQ(30'000, keeper_.hear().message.value);
    EXPECT_EQ(78, keeper_.hear().message.value);
}

TEST_F(KeeperLinkTest, CallsBackWhenThereIsSomethingToReceive) {
    int calls = 0;
    link_.notify([&] { ++calls; });
    io_.poll();
    EXPECT_EQ(0, calls);
    keeper_.say({.kind = Kind::signalled, .value = 1});
    io_.run();
    EXPECT_EQ(1, calls);
    EXPECT_EQ(1, link_.receive()->message.value);
}

TEST_F(KeeperLinkTest, AKeeperThatIsGoneIsNoticedAndNotWaitedFor) {
    keeper_.say({.kind = Kind::signalled, .value = 15});
    keeper_.close();
    EXPECT_FALSE(link_.await(Kind::welcome));
    EXPECT_TRUE(link_.closed());
    EXPECT_EQ(15, link_.receive()->message.value) << "what it had said counts";
    std::set<std::string> names;
    EXPECT_FALSE(link_.await_list(names));
    EXPECT_FALSE(link_.fetch("log.5")[0]);
    link_.beat(std::chrono::seconds{1});
}

// Either side may find the link full while the other one writes.
TEST_F(KeeperLinkTest, TakesInWhatIsSaidWhileItsOwnWordsDoNotFit) {
    constexpr int many = 3000;  // More than fits into the link.
    std::thread keeper{[&] {
        for (int i = 0; i < many; ++i) keeper_.say({.kind = Kind::exited, .pid = i + 1});
        for (int i = 0; i < many; ++i) EXPECT_EQ(i + 1, keeper_.hear().message.pid);
    }};
    for (int i = 0; i < many; ++i) link_.acknowledge(i + 1, 1);
    keeper.join();
    for (int i = 0; i < many; ++i) {
        const auto told = link_.receive();
        ASSERT_TRUE(told);
        ASSERT_EQ(i + 1, told->message.pid) << "in order";
    }
}

}  // namespace
}  // namespace superd::supervisor
