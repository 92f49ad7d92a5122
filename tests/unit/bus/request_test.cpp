#include "bus/request.hpp"

#include "bus/names.hpp"
#include "control/route.hpp"
#include "tests/unit/bus/made_message.hpp"

#include <gtest/gtest.h>

namespace superd::bus {
namespace {

class Requests : public testing::Test {
protected:
    template <class... Arguments>
    std::expected<control::Request, control::Refusal> make(const char* interface,
                                                           const char* member,
                                                           const std::string& unit,
                                                           const char* types,
                                                           Arguments... arguments) {
        const auto message = unconnected_.call();
        if (types != nullptr) {
            unconnected_.must(sd_bus_message_append(message.get(), types, arguments...));
        }
        unconnected_.seal(message);
        const Method* const method = find_method(interface, member);
        EXPECT_NE(method, nullptr);
        EXPECT_EQ(method->in, types == nullptr ? "" : types);
        return to_request(*method, unit, message.get());
    }

    test::Unconnected unconnected_;
};

TEST_F(Requests, NamesAndOptionsGoIntoTheBody) {
    const auto request =
        make(manager_interface, "Restart", "", "asa{sv}", 2, "web", "db/0", 5, "wait", "b", 1,
             "timeout", "d", 2.5, "batch", "u", 3u, "rolling", "b", 1, "odd\"key", "s", "x\ny");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->target, "/v1/restart");
    EXPECT_EQ(request->body,
              R"({"units":["web","db/0"],"wait":true,"timeout":2.5,"batch":3,"rolling":true,)"
              R"("odd\"key":"x\ny"})");
}

TEST_F(Requests, OfWhatOnlyLooksTheyGoIntoTheQuery) {
    const auto request =
        make(manager_interface, "Status", "", "asa{sv}", 1, "a&b", 1, "usage", "b", 1);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->target, "/v1/status?%75%6E%69%74=%61%26%62&%75%73%61%67%65=%74%72%75%65");
    const auto call = control::route(*request);
    ASSERT_TRUE(call);
    EXPECT_EQ(std::get<control::StatusCall>(*call).units, std::vector<std::string>{"a&b"});
    EXPECT_TRUE(std::get<control::StatusCall>(*call).detail.usage);
}

TEST_F(Requests, AUnitsMethodIsAboutThatUnit) {
    const auto stop = make(unit_interface, "Stop", "web", "a{sv}", 0);
    ASSERT_TRUE(stop);
    EXPECT_EQ(stop->body, R"({"units":["web"]})");
    const auto scale = make(unit_interface, "Scale", "web", "sa{sv}", "+1", 0);
    ASSERT_TRUE(scale);
    EXPECT_EQ(scale->body, R"({"instances":{"web":"+1"}})");
    const auto signal = make(unit_interface, "Signal", "web", "sa{sv}", "HUP", 1, "tree", "b", 1);
    ASSERT_TRUE(signal);
    EXPECT_EQ(signal->body, R"({"units":["web"],"signal":"HUP","tree":true})");
}

TEST_F(Requests, AnEmptyListIsNoUnitAndTheApiRefusesIt) {
    const auto request = make(manager_interface, "Stop", "", "asa{sv}", 0, 0);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->body, "{}");
    const auto call = control::route(*request);
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().error.message, "cannot tell which units are meant");
    const auto all = make(manager_interface, "Stop", "", "asa{sv}", 0, 1, "all", "b", 1);
    ASSERT_TRUE(all);
    EXPECT_TRUE(control::route(*all));
}

TEST_F(Requests, AnOptionOfAnotherTypeIsRefusedByName) {
    const auto request =
        make(manager_interface, "Stop", "", "asa{sv}", 1, "web", 1, "wait", "as", 1, "x");
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().error.message,
              "cannot use the option \"wait\": its value is neither truth, number nor text");
    EXPECT_EQ(request.error().status, 400u);
    const auto infinite =
        make(manager_interface, "Stop", "", "asa{sv}", 1, "web", 1, "timeout", "d", 1.0 / 0.0);
    ASSERT_FALSE(infinite);
}

}  // namespace
}  // namespace superd::bus
