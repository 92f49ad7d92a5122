// A session whose client may only what somebody else allows, as one that came by D-Bus.
#include "control/session.hpp"
#include "tests/unit/control/served.hpp"

#include <gtest/gtest.h>

namespace superd::control {
namespace {

// A connection that is served for a peer of the test's choice.
class Asking : public testing::Test {
protected:
    void connect() {
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        client_ = os::Fd{ends[1]};
        served_.operations.changers = false;
        served_.sync([this, end = ends[0]] {
            hub_ = std::make_shared<Hub>(served_.operations, Limits{});
            Peer peer{7, 7, {}, [this](Call call, std::function<void(Verdict)> told) {
                          asked_ = std::move(call);
                          told_ = std::move(told);
                      }};
            Session::launch({served_.io, boost::asio::local::stream_protocol{}, end},
                            std::move(peer), hub_);
        });
    }
    void TearDown() override {
        served_.sync([this] { hub_->stop(); });
    }
    void send(const std::string& target, const std::string& body) const {
        const auto text = "POST " + target + " HTTP/1.1\r\nConnection: close\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body;
        ASSERT_EQ(::send(client_.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    std::string receive() const {
        std::string all;
        char bytes[4096];
        ssize_t count = 0;
        while ((count = ::recv(client_.get(), bytes, sizeof bytes, 0)) > 0) {
            all.append(bytes, static_cast<std::size_t>(count));
        }
        return all;
    }
    void until_asked() {
        served_.until([this] { return asked_.has_value(); });
    }

    test::Served served_;
    os::Fd client_;
    std::shared_ptr<Hub> hub_;
    std::optional<Call> asked_;
    std::function<void(Verdict)> told_;
};

TEST_F(Asking, WhatIsAllowedIsCarriedOutAsItWasAllowed) {
    served_.operations.act_at_once = true;
    connect();
    send("/v1/stop", R"({"units":["web","db"]})");
    until_asked();
    served_.sync([this] {
        EXPECT_TRUE(served_.operations.calls.empty());
        auto call = std::get<ActCall>(*asked_);
        call.units = {"db"};
        told_(call);
    });
    EXPECT_NE(receive().find("HTTP/1.1 200"), std::string::npos);
    EXPECT_EQ(served_.operations.calls, std::vector<std::string>{"act 1 db"});
    EXPECT_EQ(served_.operations.commands, std::vector<std::string>{"stop db"});
}

TEST_F(Asking, WhatIsDeniedIsToldAndNotDone) {
    connect();
    send("/v1/stop", R"({"units":["web"]})");
    until_asked();
    served_.sync(
        [this] { told_(std::unexpected{Refusal{403, {"forbidden", "user 7 may not", ""}, {}}}); });
    EXPECT_NE(receive().find("user 7 may not"), std::string::npos);
    EXPECT_TRUE(served_.operations.calls.empty());
    EXPECT_TRUE(served_.operations.commands.empty());
}

TEST_F(Asking, NothingIsDoneForAClientThatHasLeft) {
    connect();
    send("/v1/stop", R"({"units":["web"]})");
    until_asked();
    client_.reset();
    served_.until([this] { return hub_->sessions() == 0; });
    served_.sync([this] { told_(*asked_); });
    EXPECT_TRUE(served_.operations.calls.empty());
}

TEST_F(Asking, NobodyIsAskedWhetherOneMayLook) {
    served_.operations.readers = false;
    connect();
    send("/v1/wait", R"({"units":["web"],"until":"ready"})");
    EXPECT_NE(receive().find("HTTP/1.1 403"), std::string::npos);
    EXPECT_FALSE(asked_);
}

}  // namespace
}  // namespace superd::control
