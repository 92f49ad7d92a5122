#include "supervisor/fd_store.hpp"

#include "tests/unit/os/lingering.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <fcntl.h>

#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

class Store : public testing::Test {
protected:
    Store() {
        int ends[2];
        EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
        keeper_ = os::Fd{ends[1]};
        link_ = std::make_unique<KeeperLink>(io_.get_executor(), os::Fd{ends[0]});
        store_ = std::make_unique<FdStore>(io_.get_executor(), *link_);
    }
    static os::Fd some() { return os::Fd{::eventfd(0, EFD_CLOEXEC)}; }
    // What the keeper was told next, as "hold fd.3.0.1.web".
    std::string told() {
        keeper::Message message;
        if (::recv(keeper_.get(), &message, sizeof message, MSG_DONTWAIT) <= 0) return {};
        return (message.kind == keeper::Kind::hold ? "hold " : "release ") +
               std::string{message.name};
    }

    boost::asio::io_context io_;
    os::Fd keeper_;
    std::unique_ptr<KeeperLink> link_;
    std::unique_ptr<FdStore> store_;
};

TEST_F(Store, KeepsWhatItIsGivenInOrder) {
    EXPECT_TRUE(store_->add(3, some(), "web", true, 4));
    EXPECT_TRUE(store_->add(3, some(), "api", false, 4));
    EXPECT_EQ(told(), "hold fd.3.0.1.web");
    EXPECT_EQ(told(), "hold fd.3.1.0.api");
    const auto stored = store_->of(3);
    ASSERT_EQ(stored.size(), 2u);
    EXPECT_EQ(stored[0].name, "web");
    EXPECT_EQ(stored[1].name, "api");
    EXPECT_TRUE(store_->of(4).empty());
}

TEST_F(Store, RefusesMoreThanItsMost) {
    EXPECT_FALSE(store_->add(3, some(), "web", true, 0));
    EXPECT_TRUE(store_->add(3, some(), "web", true, 1));
    EXPECT_FALSE(store_->add(3, some(), "web", true, 1));
    EXPECT_EQ(store_->of(3).size(), 1u);
}

TEST_F(Store, KeepsTheSameOpenFileOnce) {
    const os::Fd one = some();
    EXPECT_TRUE(store_->add(3, os::Fd{::fcntl(one.get(), F_DUPFD_CLOEXEC, 3)}, "web", true, 4));
    EXPECT_TRUE(store_->add(3, os::Fd{::fcntl(one.get(), F_DUPFD_CLOEXEC, 3)}, "web", true, 4));
    EXPECT_EQ(store_->of(3).size(), 1u);
}

TEST_F(Store, TakesAwayThatAKeepersCloseWouldWait) {
    test::Lingering one;
    EXPECT_TRUE(store_->add(3, std::move(one.ours), "web", true, 4));
    EXPECT_EQ(0, test::lingers(store_->of(3)[0].fd).l_onoff);
}

TEST_F(Store, RemovesByNameAndDropsAll) {
    store_->add(3, some(), "web", true, 4);
    store_->add(3, some(), "api", true, 4);
    store_->add(3, some(), "web", true, 4);
    while (!told().empty()) {}
    store_->remove(3, "web");
    EXPECT_EQ(told(), "release fd.3.0.1.web");
    EXPECT_EQ(told(), "release fd.3.2.1.web");
    EXPECT_EQ(store_->of(3).size(), 1u);
    store_->drop(3);
    EXPECT_EQ(told(), "release fd.3.1.1.api");
    EXPECT_TRUE(store_->of(3).empty());
    store_->drop(3);
    EXPECT_EQ(told(), "");
}

TEST_F(Store, LetsGoOfWhatHasHungUpUnlessToldNotTo) {
    int polled[2], kept[2];
    ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, polled));
    ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, kept));
    store_->add(3, os::Fd{polled[0]}, "polled", true, 4);
    store_->add(3, os::Fd{kept[0]}, "kept", false, 4);
    os::Fd{polled[1]}.reset();
    os::Fd{kept[1]}.reset();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (store_->of(3).size() == 2 && io_.run_one_until(until) != 0) {}
    ASSERT_EQ(store_->of(3).size(), 1u);
    EXPECT_EQ(store_->of(3)[0].name, "kept");
}

TEST(StoredName, IsThatOfSystemdWhereThereIsNone) {
    EXPECT_EQ(stored_name("web-1"), "web-1");
    EXPECT_EQ(stored_name(""), "stored");
    EXPECT_EQ(stored_name("a:b"), "stored");
    EXPECT_EQ(stored_name("a b"), "a b");
    EXPECT_EQ(stored_name("a\tb"), "stored");
    EXPECT_EQ(stored_name(std::string(255, 'x')), std::string(255, 'x'));
    EXPECT_EQ(stored_name(std::string(256, 'x')), "stored");
}

}  // namespace
}  // namespace superd::supervisor
