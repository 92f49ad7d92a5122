// The sockets that superd holds, across its own deaths.
#include "supervisor/listeners.hpp"

#include "tests/unit/supervisor/keeper_end.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <map>
#include <memory>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

std::uint16_t free_port() {
    const os::Fd probe{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(0, ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), size));
    EXPECT_EQ(0, ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size));
    return ntohs(address.sin_port);
}

// A keeper that remembers what it is to hold, and a supervisor's listeners, which may die.
class Held : public testing::Test {
protected:
    Held() {
        unit_.spec.name = "web";
        unit_.spec.instances = 3;
        address_ = "tcp://127.0.0.1:" + std::to_string(free_port());
        add("http", address_);
        begin();
    }
    void add(std::string name, std::string address, bool shared = false) {
        config::Listener listener;
        listener.name = std::move(name);
        listener.address = std::move(address);
        listener.shared = shared;
        unit_.listeners.push_back(std::move(listener));
    }
    void begin() {
        listeners_.reset();
        link_.reset();
        keeper_ = std::make_unique<KeeperEnd>();
        link_ = std::make_unique<KeeperLink>(io_.get_executor(), keeper_->take_link());
        listeners_ = std::make_unique<Listeners>(*link_);
    }
    // Takes in what the keeper was told.
    void hear(int messages) {
        for (int i = 0; i < messages; ++i) {
            auto inbound = keeper_->hear();
            const std::string name = inbound.message.name;
            if (inbound.message.kind == keeper::Kind::hold) {
                held_[name] = std::move(inbound.descriptors);
            } else if (inbound.message.kind == keeper::Kind::release) {
                held_.erase(name);
            }
        }
    }
    // Another supervisor takes over what the keeper holds.
    std::set<std::string> take_over() {
        begin();
        std::set<std::string> names;
        for (const auto& [name, fds] : held_) names.insert(name);
        std::thread answers{[this, count = names.size()] {
            for (std::size_t i = 0; i < count; ++i) {
                const auto asked = keeper_->hear();
                const auto& [fd, note] = held_[asked.message.name];
                const int fds[] = {fd.get(), note.get()};
                keeper_->say(KeeperEnd::named(keeper::Kind::fetched, asked.message.name), fds);
            }
        }};
        auto taken = listeners_->adopt(names, 9);
        answers.join();
        return taken;
    }
    std::optional<Listeners::Failure> open(std::uint32_t index, core::RunId run = 1) {
        return listeners_->open(unit_, {index, run, "web/" + std::to_string(index)},
                                [](pid_t) { return false; });
    }
    // Whichever the unit does not name and none of these runs has is closed.
    void tend(std::vector<core::RunId> alive) {
        listeners_->close_unnamed(unit_, [&](const Listeners::Socket& socket) {
            return std::ranges::any_of(alive, [&](auto run) { return socket.may_have(run); });
        });
    }
    bool is_open(const std::string& address) const {
        const auto endpoint = *endpoint_of(address);
        const os::Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&endpoint.address),
                         endpoint.size) == 0;
    }
    std::string places() const {
        std::string text;
        const auto* const sockets = listeners_->find("web");
        if (sockets == nullptr) return text;
        for (const auto& each : *sockets) {
            text += std::to_string(each.index) + "@" + std::to_string(each.place) + " ";
        }
        return text;
    }
    os::Fd connect_one() const {
        const auto endpoint = *endpoint_of(address_);
        os::Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        EXPECT_EQ(0, ::connect(client.get(), reinterpret_cast<const sockaddr*>(&endpoint.address),
                               endpoint.size));
        return client;
    }

    boost::asio::io_context io_;
    config::Unit unit_;
    std::string address_;
    std::unique_ptr<KeeperEnd> keeper_;
    std::unique_ptr<KeeperLink> link_;
    std::unique_ptr<Listeners> listeners_;
    std::map<std::string, KeeperLink::Descriptors> held_;
};

TEST_F(Held, OnesOutliveTheSupervisorWithTheirPlaces) {
    for (std::uint32_t index = 0; index < 3; ++index) EXPECT_FALSE(open(index));
    hear(3);
    EXPECT_EQ(places(), "0@0 1@1 2@2 ");
    listeners_->close("web", 0, false);
    EXPECT_EQ(places(), "1@1 2@0 ") << "the last takes the place of the one that left";
    hear(1);
    EXPECT_EQ(take_over(), (std::set<std::string>{"listen.1", "listen.2"}));
    EXPECT_EQ(places(), "1@1 2@0 ");
    listeners_->steer("web", [](const auto& socket) { return socket.index == 1; });
    std::vector<os::Fd> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(connect_one());
    EXPECT_EQ(listeners_->waiting("web", 1), 20u);
    EXPECT_FALSE(listeners_->is_open("web", listeners_->find("web")->back()));
    EXPECT_FALSE(open(0));
    EXPECT_EQ(places(), "1@1 2@0 0@2 ");
    hear(1);
    EXPECT_TRUE(held_.contains("listen.3"));
}

// It had ended one, and died before it could say what that meant.
TEST_F(Held, OnesWhosePlacesWereNotNotedInTimeFindThem) {
    for (std::uint32_t index = 0; index < 3; ++index) EXPECT_FALSE(open(index));
    hear(3);
    os::end_listening(held_["listen.0"][0], *endpoint_of(address_), true);
    EXPECT_EQ(take_over(), (std::set<std::string>{"listen.1", "listen.2"}));
    EXPECT_EQ(places(), "1@1 2@0 ");
    // The note is right now, too.
    EXPECT_EQ(take_over().size(), 2u);
    EXPECT_EQ(places(), "1@1 2@0 ");
}

TEST_F(Held, OnesAreOpenedAndClosedOneByOne) {
    EXPECT_FALSE(open(0));
    hear(1);
    const auto fd = listeners_->of(unit_, 0).front()->fd.get();
    add("more", "tcp://127.0.0.1:" + std::to_string(free_port()), true);
    EXPECT_FALSE(open(0));
    hear(1);
    EXPECT_EQ(listeners_->of(unit_, 0).front()->fd.get(), fd) << "untouched";
    EXPECT_EQ(listeners_->of(unit_, 0).size(), 2u);
    EXPECT_EQ(listeners_->of(unit_, 1).size(), 1u) << "the shared one";
    unit_.listeners.erase(unit_.listeners.begin());
    EXPECT_FALSE(open(0, 2));
    tend({2});
    hear(1);
    EXPECT_FALSE(held_.contains("listen.0"));
    ASSERT_EQ(listeners_->of(unit_, 0).size(), 1u);
    EXPECT_EQ(listeners_->of(unit_, 0).front()->name, "more");
    listeners_->close("web", 0, false);
    EXPECT_EQ(listeners_->of(unit_, 1).size(), 1u) << "others are reachable";
    listeners_->close("web", 0, true);
    EXPECT_TRUE(listeners_->empty());
}

TEST_F(Held, OnesSomebodyShutDownAreOpenedAnew) {
    EXPECT_FALSE(open(0));
    hear(1);
    os::end_listening(listeners_->of(unit_, 0).front()->fd, *endpoint_of(address_), true);
    EXPECT_FALSE(open(0));
    hear(2);
    EXPECT_EQ(held_.size(), 1u);
    EXPECT_TRUE(connect_one());
}

// Its replacement is to listen elsewhere; whether it comes to that is not known yet.
TEST_F(Held, OnesThatAnOldRunLivesOnStayWhileItDoes) {
    EXPECT_FALSE(open(0, 1));
    EXPECT_FALSE(open(1, 2));
    const std::string before = address_;
    unit_.listeners[0].address = "tcp://127.0.0.1:" + std::to_string(free_port());
    EXPECT_FALSE(open(0, 3));
    tend({1, 2, 3});
    EXPECT_TRUE(is_open(before));
    EXPECT_EQ(places(), "0@0 1@1 0@0 ") << "each address has its own list";
    ASSERT_EQ(listeners_->of(unit_, 0).size(), 1u) << "the new run is given the new one alone";
    EXPECT_EQ(listeners_->of(unit_, 0)[0]->address, unit_.listeners[0].address);
    tend({2, 3});
    EXPECT_EQ(places(), "1@0 0@0 ");
    EXPECT_TRUE(is_open(before)) << "the other instance's";
    tend({3});
    EXPECT_FALSE(is_open(before));
    EXPECT_TRUE(is_open(unit_.listeners[0].address));
}

TEST_F(Held, OnesStayWhenTheNextAddressIsTaken) {
    EXPECT_FALSE(open(0, 1));
    const auto other = "tcp://127.0.0.1:" + std::to_string(free_port());
    const auto taken = os::listen_at(*endpoint_of(other), {}, true);
    unit_.listeners[0].address = other;
    EXPECT_TRUE(open(0, 2));
    tend({1});
    EXPECT_TRUE(is_open(address_));
    EXPECT_EQ(places(), "0@0 ");
}

TEST_F(Held, OnesOutliveTheSupervisorThoughOnlyOldRunsHaveThem) {
    EXPECT_FALSE(open(0, 1));
    unit_.listeners[0].address = "tcp://127.0.0.1:" + std::to_string(free_port());
    EXPECT_FALSE(open(0, 2));
    hear(2);
    EXPECT_EQ(take_over().size(), 2u);
    tend({1});
    EXPECT_TRUE(is_open(address_)) << "who was given it is not known any more";
    tend({10});
    EXPECT_FALSE(is_open(address_)) << "it began after that";
}

TEST_F(Held, OnesAreKeptUnderAnotherName) {
    EXPECT_FALSE(open(0, 1));
    const int fd = listeners_->of(unit_, 0)[0]->fd.get();
    unit_.listeners[0].name = "web";
    EXPECT_FALSE(open(0, 2));
    tend({2});
    ASSERT_EQ(listeners_->of(unit_, 0).size(), 1u);
    EXPECT_EQ(listeners_->of(unit_, 0)[0]->fd.get(), fd);
    hear(1);
    EXPECT_EQ(take_over().size(), 1u);
    EXPECT_EQ(listeners_->find("web")->front().name, "web");
}

TEST_F(Held, OnesOfAllAddressesMakeRoomForOne) {
    const auto port = std::to_string(free_port());
    unit_.listeners[0].address = "tcp://0.0.0.0:" + port;
    EXPECT_FALSE(open(0, 1));
    unit_.listeners[0].address = "tcp://127.0.0.1:" + port;
    const auto failure = open(0, 2);
    EXPECT_FALSE(failure) << failure->text;
}

// An instance with two runs: the one in place has not the socket that the other was given.
TEST_F(Held, OnesAreSteeredByAddress) {
    for (std::uint32_t index = 0; index < 2; ++index) EXPECT_FALSE(open(index, index + 1));
    const std::string before = address_;
    unit_.listeners[0].address = "tcp://127.0.0.1:" + std::to_string(free_port());
    for (std::uint32_t index = 0; index < 2; ++index) EXPECT_FALSE(open(index, index + 3));
    listeners_->steer("web", [&](const auto& socket) {
        return socket.may_have(socket.index == 0 ? 3u : 2u);  // 0 was replaced, 1 was not.
    });
    for (const auto& each : *listeners_->find("web")) {
        EXPECT_EQ(listeners_->is_open("web", each), (each.address == before) == (each.index == 1));
    }
}

TEST_F(Held, FailuresSayWhereAndWhy) {
    const auto taken = os::listen_at(*endpoint_of(address_), {}, true);
    unit_.source.files = {"units/web.toml"};
    unit_.listeners[0].at = {9, 0};
    unit_.listeners[0].column = 8;
    const auto failure = open(1);
    ASSERT_TRUE(failure);
    EXPECT_TRUE(failure->text.starts_with("web/1: cannot listen at " + address_ +
                                          " (units/web.toml:9:8): Address already in use"))
        << failure->text;
    EXPECT_FALSE(failure->transient);
    EXPECT_TRUE(listeners_->empty()) << "nothing is left of it";
}

}  // namespace
}  // namespace superd::supervisor
