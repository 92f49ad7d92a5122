#include "control/command.hpp"

#include "tests/unit/control/fake_operations.hpp"

#include <signal.h>

#include <gtest/gtest.h>

namespace superd::control {
namespace {

// One of each kind of call, as it is before anything is read into it.
template <std::size_t index = 0>
void for_each_kind(const std::function<void(const Call&)>& look) {
    if constexpr (index < std::variant_size_v<Call>) {
        look(Call{std::in_place_index<index>});
        for_each_kind<index + 1>(look);
    }
}

TEST(Command, WhatChangesSomethingHasANameAndNothingElseDoes) {
    int kinds = 0;
    for_each_kind([&](const Call& call) {
        ++kinds;
        EXPECT_EQ(command_of(call).has_value(), right_for(call) == Right::change) << call.index();
    });
    EXPECT_GE(kinds, 19);
}

TEST(Command, TellsVerbAndUnits) {
    const auto stop = command_of(ActCall{supervisor::Action::stop, {"web"}});
    EXPECT_EQ(stop->verb, "stop");
    EXPECT_EQ(stop->units, Selectors{"web"});
    EXPECT_EQ(stop->domain, Domain::units);
    const auto disable = command_of(EnableCall{{"web"}, supervisor::Enabling::off});
    EXPECT_EQ(disable->verb, "disable");
    EXPECT_EQ(disable->domain, Domain::unit_files);
    const auto as_configured = command_of(EnableCall{{}, supervisor::Enabling::as_configured});
    EXPECT_EQ(as_configured->verb, "enable");
    const auto scale = command_of(ScaleCall{{{"web"}, {"db"}}});
    EXPECT_EQ(scale->units, (Selectors{"web", "db"}));
    EXPECT_EQ(command_of(SignalCall{{"web"}, SIGHUP})->signal, SIGHUP);
    EXPECT_EQ(command_of(ReloadCall{})->domain, Domain::reload);
    EXPECT_EQ(command_of(UpgradeCall{})->domain, Domain::daemon);
}

TEST(Narrowed, IsAboutWhatIsSelectedNow) {
    test::FakeOperations operations;
    auto call = narrowed(SignalCall{{"web/0", "db"}, SIGHUP, true}, operations);
    ASSERT_TRUE(call);
    const auto& signal = std::get<SignalCall>(*call);
    EXPECT_EQ(signal.units, (Selectors{"web/0", "db"}));
    EXPECT_EQ(signal.number, SIGHUP);
    EXPECT_TRUE(signal.tree);
    const auto wrong = narrowed(ActCall{supervisor::Action::stop, {"nothing"}}, operations);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().status, 404u);
}

TEST(Narrowed, ACommandForAllStaysOne) {
    test::FakeOperations operations;
    const auto call = narrowed(ActCall{supervisor::Action::stop, {}}, operations);
    ASSERT_TRUE(call);
    EXPECT_TRUE(std::get<ActCall>(*call).units.empty());
    EXPECT_TRUE(narrowed(ReloadCall{}, operations));
}

}  // namespace
}  // namespace superd::control
