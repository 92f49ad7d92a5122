#include "ctl/bus_message.hpp"

#include "ctl/bus.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace superctl {
namespace {

// The error that dbus-daemon sends for a name that nobody has, as it was on the wire (of a
// little-endian machine).
std::string service_unknown() {
    std::string out{"l\x03\x01\x01", 4};
    const auto number = [&out](std::uint32_t value) {
        out.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    const std::string text = "nobody";
    number(static_cast<std::uint32_t>(4 + text.size() + 1));
    number(9);
    std::string fields;
    const auto field = [&fields](char code, const char* type, const std::string& value) {
        fields.resize((fields.size() + 7) / 8 * 8);
        fields += code;
        fields += '\x01';
        fields += type;
        fields += '\0';
        fields += value;
    };
    const auto counted = [](const std::string& content) {
        const auto size = static_cast<std::uint32_t>(content.size());
        return std::string{reinterpret_cast<const char*>(&size), sizeof size} + content + '\0';
    };
    field(4, "s", counted("org.freedesktop.DBus.Error.ServiceUnknown"));
    field(5, "u", std::string{"\x02\0\0\0", 4});
    field(8, "g", std::string{"\x01s\0", 3});
    number(static_cast<std::uint32_t>(fields.size()));
    out += fields;
    out.resize((out.size() + 7) / 8 * 8);
    return out + counted(text);
}

TEST(BusMessage, AnErrorTellsItsNameAndText) {
    const auto answer = parse_bus_message(service_unknown());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->type, BusAnswer::Type::error);
    EXPECT_EQ(answer->reply_to, 2u);
    EXPECT_EQ(answer->error, "org.freedesktop.DBus.Error.ServiceUnknown");
    EXPECT_EQ(answer->text, "nobody");
}

TEST(BusMessage, ACallIsOneThatItsOwnParserUnderstands) {
    const auto bytes = serialize({7, "org.superd", "/org/superd", "a.b", "Member", true});
    EXPECT_EQ(bus_message_size(bytes), bytes.size());
    const auto parsed = parse_bus_message(bytes);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->type, BusAnswer::Type::call);
    EXPECT_EQ(bytes[2], 4);
}

TEST(BusMessage, WhatIsCutShortOrDamagedIsNone) {
    const auto whole = service_unknown();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse_bus_message(std::string_view{whole}.substr(0, size))) << size;
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto damaged = whole;
        damaged[at] = '\xff';
        parse_bus_message(damaged);  // Whatever comes of it: nothing beyond its end is read.
    }
    auto huge = whole;
    std::memset(huge.data() + 4, 0xff, 4);
    EXPECT_FALSE(bus_message_size(huge));
}

TEST(BusAddress, NamesPathsAndAbstractSockets) {
    const auto places =
        places_of("tcp:host=x;unix:guid=1,path=/run/my%20bus;unix:abstract=/a;unix:");
    ASSERT_EQ(places.size(), 2u);
    EXPECT_STREQ(places[0].address.sun_path, "/run/my bus");
    EXPECT_EQ(places[1].address.sun_path[0], '\0');
    EXPECT_EQ(std::string(places[1].address.sun_path + 1, 2), "/a");
    EXPECT_EQ(places[1].size, sizeof(sa_family_t) + 3);
    EXPECT_TRUE(places_of("").empty());
    EXPECT_TRUE(places_of("unix:path=" + std::string(200, 'x')).empty());
}

}  // namespace
}  // namespace superctl
