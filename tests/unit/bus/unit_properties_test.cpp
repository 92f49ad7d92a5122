#include "bus/unit_properties.hpp"

#include "bus/interfaces.hpp"
#include "tests/unit/bus/made_message.hpp"

#include <gtest/gtest.h>

namespace superd::bus {
namespace {

wire::UnitStatus a_unit() {
    wire::UnitStatus unit;
    unit.name = "web";
    unit.state = "ready";
    wire::InstanceStatus first;
    first.state = "ready";
    first.pid = 11;
    first.run = 3;
    first.restarts = 2;
    wire::InstanceStatus second = first;
    second.index = 1;
    second.pid.reset();
    second.state = "back-off";
    unit.instances = {first, second};
    return unit;
}

const Property& named(const std::vector<Property>& all, std::string_view name) {
    for (const auto& one : all) {
        if (one.name == name) return one;
    }
    throw std::runtime_error{"no such property"};
}

TEST(UnitProperties, CountWhatInstancesAre) {
    const auto all = properties_of(a_unit());
    EXPECT_EQ(named(all, "InstanceCount").value, Value{2u});
    EXPECT_EQ(named(all, "ReadyCount").value, Value{1u});
    EXPECT_EQ(named(all, "Restarts").value, Value{4u});
    EXPECT_EQ(named(all, "MainPID").value, Value{11u});
}

TEST(UnitProperties, AreThoseThatAreDocumented) {
    for (const auto& one : properties_of(a_unit())) {
        const auto line = "<property name=\"" + std::string{one.name} + "\" type=\"" + one.type;
        EXPECT_NE(unit_xml().find(line), std::string_view::npos) << line;
    }
}

TEST(UnitProperties, ATextThatIsNotUtf8IsToldAsFarAsItIs) {
    auto unit = a_unit();
    unit.reason = "not ready: \xFF\xC3";
    const test::Unconnected unconnected;
    const auto message = unconnected.call();
    unconnected.must(append_variant(message.get(), named(properties_of(unit), "Reason")));
    unconnected.seal(message);
    const char* text = nullptr;
    ASSERT_GE(sd_bus_message_read(message.get(), "v", "s", &text), 0);
    EXPECT_STREQ(text, "not ready: \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(UnitProperties, OnlyWhatDiffersHasChanged) {
    auto unit = a_unit();
    const auto before = properties_of(unit);
    EXPECT_TRUE(changed_properties(before, properties_of(unit)).empty());
    unit.reason = "up for 2 s";
    unit.instances[1].state = "ready";
    const auto changed = changed_properties(before, properties_of(unit));
    ASSERT_EQ(changed.size(), 2u);
    EXPECT_EQ(changed[0].name, "ReadyCount");
    EXPECT_EQ(changed[1].name, "Instances");
}

TEST(UnitProperties, GoOverTheBusWithTheirTypes) {
    const test::Unconnected unconnected;
    const auto message = unconnected.call();
    unconnected.must(append_properties(message.get(), properties_of(a_unit())));
    unconnected.seal(message);
    EXPECT_STREQ(sd_bus_message_get_signature(message.get(), 1), "a{sv}");
    unconnected.must(sd_bus_message_enter_container(message.get(), 'a', "{sv}"));
    const char* name = nullptr;
    const char* value = nullptr;
    unconnected.must(sd_bus_message_read(message.get(), "{sv}", &name, "s", &value));
    EXPECT_STREQ(name, "Name");
    EXPECT_STREQ(value, "web");
}

}  // namespace
}  // namespace superd::bus
