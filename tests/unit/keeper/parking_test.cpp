#include "keeper/parking.hpp"

#include "os/message.hpp"
#include "os/socket.hpp"
#include "tests/unit/os/scratch.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace superd::test {
namespace {

using keeper::Held;
using keeper::Manager;
using keeper::Parking;

ino_t inode(int fd) {
    struct stat status{};
    EXPECT_EQ(0, ::fstat(fd, &status));
    return status.st_ino;
}

os::Fd file() { return os::Fd{::memfd_create("parked", MFD_CLOEXEC)}; }

// The other end: what systemd would read.
class Told {
public:
    Told() {
        const std::string path = place_ / "notify";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        socket_ = os::Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        EXPECT_EQ(
            0, ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
        state_.address_size = static_cast<std::uint32_t>(path.size());
        std::memcpy(state_.address, path.data(), path.size());
        state_.store_max = 4096;
    }

    Manager::State& state() { return state_; }

    // The next message; empty: there is none. Descriptors are kept as systemd's store does.
    std::string next() {
        std::array<char, 4096> bytes;
        std::array<os::Fd, 4> fds;
        const auto got =
            os::receive_message(socket_.get(), std::as_writable_bytes(std::span{bytes}), fds);
        if (!got) return {};
        std::string text{bytes.data(), got->bytes};
        const std::size_t at = text.find("FDNAME=");
        const std::string name = at == std::string::npos ? "" : text.substr(at + 7);
        if (text.starts_with("FDSTOREREMOVE=1")) store.erase(name);
        if (text.starts_with("FDSTORE=1")) {
            EXPECT_EQ(1u, got->descriptors) << text;
            EXPECT_NE(std::string::npos, text.find("FDPOLL=0"));
            store[name] = inode(fds[0].get());
        }
        return text;
    }
    // All that was said by now.
    std::vector<std::string> all() {
        std::vector<std::string> texts;
        for (std::string text = next(); !text.empty(); text = next()) texts.push_back(text);
        return texts;
    }

    std::map<std::string, ino_t> store;

private:
    Scratch place_;
    os::Fd socket_;
    Manager::State state_;
};

struct Keeping {
    explicit Keeping(const Manager::State& state)
        : manager{state}, parking{manager, *held, sockets} {
        parking.begin();
    }
    void hold(const std::string& name, os::Fd one) {
        os::Fd fds[] = {std::move(one)};
        EXPECT_TRUE(held->hold(name.c_str(), fds));
    }
    void hold(const std::string& name, os::Fd one, os::Fd two) {
        os::Fd fds[] = {std::move(one), std::move(two)};
        EXPECT_TRUE(held->hold(name.c_str(), fds));
    }
    ino_t held_inode(const std::string& name, std::size_t which = 0) {
        return inode(held->find(name.c_str())->fds[which]);
    }

    keeper::Runtime sockets{.notify = file()};
    std::unique_ptr<Held> held = std::make_unique<Held>();
    Manager manager;
    Parking parking;
};

// The sockets of this fixture are no sockets, but descriptors that can be told from others.
void settle(Keeping& keeping, Told& told) {
    for (int i = 0; i < 10'000; ++i) {
        keeping.manager.try_again();
        const bool more = keeping.parking.flush();
        const bool heard = !told.all().empty();
        if (!more && !heard) return;
    }
    ADD_FAILURE() << "it never comes to an end";
}

class KeepingSockets : public ::testing::Test {
protected:
    KeepingSockets() {
        keeping_.sockets.control = file();
        keeping_.sockets.logger = file();
    }
    Told told_;
    Keeping keeping_{told_.state()};
};

TEST_F(KeepingSockets, GoToTheStoreUnderNamesOfTheirOwn) {
    settle(keeping_, told_);
    ASSERT_EQ(3u, told_.store.size());
    EXPECT_EQ(inode(keeping_.sockets.control.get()), told_.store["socket.control"]);
    EXPECT_EQ(inode(keeping_.sockets.notify.get()), told_.store["socket.notify"]);
    EXPECT_EQ(inode(keeping_.sockets.logger.get()), told_.store["socket.logger"]);
}

TEST_F(KeepingSockets, TheManagersOwnControlSocketIsNotStored) {
    keeping_.sockets.control_given = true;
    settle(keeping_, told_);
    EXPECT_EQ(2u, told_.store.size());
    EXPECT_FALSE(told_.store.contains("socket.control"));
}

TEST_F(KeepingSockets, WhatIsHeldIsStoredAndWhatIsReleasedIsNot) {
    keeping_.hold("pidfd.17", file());
    keeping_.hold("log.17", file(), file());
    settle(keeping_, told_);
    EXPECT_EQ(keeping_.held_inode("pidfd.17"), told_.store["pidfd.17"]);
    EXPECT_EQ(keeping_.held_inode("log.17", 0), told_.store["1.log.17"]);
    EXPECT_EQ(keeping_.held_inode("log.17", 1), told_.store["2.log.17"]);
    ASSERT_TRUE(keeping_.held->release("log.17"));
    EXPECT_EQ(nullptr, keeping_.held->find("log.17")) << "it is not held from that moment on";
    EXPECT_FALSE(keeping_.held->release("log.17"));
    settle(keeping_, told_);
    EXPECT_EQ(4u, told_.store.size());
    EXPECT_EQ(1u, keeping_.held->size()) << "nothing is left of it";
}

TEST_F(KeepingSockets, AnotherOneUnderTheNameReplacesTheFirst) {
    keeping_.hold("pidfd.17", file());
    settle(keeping_, told_);
    const ino_t first = told_.store["pidfd.17"];
    keeping_.hold("pidfd.17", file());
    settle(keeping_, told_);
    EXPECT_NE(first, told_.store["pidfd.17"]);
    EXPECT_EQ(keeping_.held_inode("pidfd.17"), told_.store["pidfd.17"]);
}

TEST_F(KeepingSockets, ReleasedBeforeItWasToldNobodyHearsOfIt) {
    settle(keeping_, told_);
    keeping_.hold("pidfd.17", file());
    keeping_.held->release("pidfd.17");
    EXPECT_FALSE(keeping_.parking.flush());
    EXPECT_TRUE(told_.all().empty());
}

TEST_F(KeepingSockets, WhatEndsWithTheKeeperIsNotStored) {
    keeping_.hold("announced", file());
    keeping_.hold("template.3", file(), file());
    keeping_.hold("fd.1.2.0.a:b", file());
    settle(keeping_, told_);
    EXPECT_EQ(3u, told_.store.size());
    keeping_.held->release("announced");
    settle(keeping_, told_);
    EXPECT_EQ(2u, keeping_.held->size());
}

TEST_F(KeepingSockets, AFullQueueLosesNothing) {
    // Far more than the socket takes.
    for (int i = 0; i < 2000; ++i) keeping_.hold("pidfd." + std::to_string(i), file());
    bool congested = false;
    for (int i = 0; i < 200; ++i) {
        keeping_.parking.flush();
        congested = congested || keeping_.manager.congested() >= 0;
    }
    EXPECT_TRUE(congested);
    // What is said meanwhile is about names that wait in line.
    for (int i = 0; i < 2000; i += 2)
        keeping_.held->release(("pidfd." + std::to_string(i)).c_str());
    for (int i = 1; i < 2000; i += 4) keeping_.hold("pidfd." + std::to_string(i), file());
    settle(keeping_, told_);
    ASSERT_EQ(1003u, told_.store.size());
    for (int i = 1; i < 2000; i += 2) {
        const std::string name = "pidfd." + std::to_string(i);
        ASSERT_EQ(keeping_.held_inode(name), told_.store[name]) << name;
    }
}

// With room for superd's own three sockets, and two more.
class SmallStore : public ::testing::Test {
protected:
    SmallStore() {
        keeping_.sockets.control = file();
        keeping_.sockets.logger = file();
    }
    static Manager::State& small(Told& told) {
        told.state().store_max = 5;
        return told.state();
    }
    Told told_;
    Keeping keeping_{small(told_)};
};

TEST_F(SmallStore, IsNotOverfilled) {
    keeping_.hold("pidfd.1", file());
    keeping_.hold("log.1", file(), file());
    keeping_.hold("pidfd.2", file());
    settle(keeping_, told_);
    EXPECT_EQ(5u, told_.store.size());
    // Room is used again.
    keeping_.held->release("pidfd.1");
    keeping_.hold("pidfd.3", file());
    settle(keeping_, told_);
    EXPECT_TRUE(told_.store.contains("pidfd.3"));
    EXPECT_EQ(5u, told_.store.size());
}

TEST_F(SmallStore, TakesWhatHadNoRoomWhenThereIsSome) {
    for (const char* const name : {"pidfd.1", "pidfd.2", "pidfd.3", "pidfd.4"}) {
        keeping_.hold(name, file());
    }
    settle(keeping_, told_);
    EXPECT_EQ(5u, told_.store.size());
    for (const char* const name : {"pidfd.1", "pidfd.2"}) {
        ASSERT_TRUE(told_.store.contains(name));
        keeping_.held->release(name);
        settle(keeping_, told_);
        EXPECT_EQ(5u, told_.store.size()) << name;
    }
    EXPECT_EQ(keeping_.held_inode("pidfd.3"), told_.store["pidfd.3"]);
    EXPECT_EQ(keeping_.held_inode("pidfd.4"), told_.store["pidfd.4"]);
    keeping_.held->release("pidfd.3");
    settle(keeping_, told_);
    EXPECT_EQ(4u, told_.store.size());
}

TEST(Parking, WithoutAStoreNobodyIsTold) {
    Told told;
    told.state().store_max = 0;
    Keeping keeping{told.state()};
    keeping.hold("pidfd.1", file());
    EXPECT_FALSE(keeping.parking.works());
    EXPECT_FALSE(keeping.parking.flush());
    keeping.held->release("pidfd.1");
    EXPECT_EQ(0u, keeping.held->size());
    EXPECT_TRUE(told.all().empty());
}

TEST(Parking, WithoutAManagerNothingWaits) {
    Told told;
    Manager::State state = told.state();
    std::memcpy(state.address, "/nowhere/at/all", 15);
    state.address_size = 15;
    Keeping keeping{state};
    keeping.hold("pidfd.1", file());
    while (keeping.parking.flush()) {}
    EXPECT_EQ(Held::names_max, keeping.held->next_change());
}

// Any order of changes, with a manager that takes them in at any time.
TEST(Parking, TheStoreComesToBeWhatIsHeld) {
    Told told;
    Keeping keeping{told.state()};
    keeping.sockets.control = file();
    keeping.sockets.logger = file();
    std::mt19937 random{11};
    std::map<std::string, std::vector<ino_t>> model;
    for (int step = 0; step < 20'000; ++step) {
        const std::string name = "log." + std::to_string(random() % 200);
        switch (random() % 4) {
            case 0:
            case 1:
                keeping.hold(name, file(), file());
                model[name] = {keeping.held_inode(name, 0), keeping.held_inode(name, 1)};
                break;
            case 2: EXPECT_EQ(model.erase(name) == 1, keeping.held->release(name.c_str())); break;
            default:
                if (random() % 3 == 0) told.next();
                keeping.manager.try_again();
                keeping.parking.flush();
        }
    }
    settle(keeping, told);
    EXPECT_EQ(model.size(), keeping.held->size());
    EXPECT_EQ(model.size() * 2 + 3, told.store.size());
    for (const auto& [name, inodes] : model) {
        ASSERT_EQ(inodes[0], told.store["1." + name]);
        ASSERT_EQ(inodes[1], told.store["2." + name]);
    }
}

}  // namespace
}  // namespace superd::test
