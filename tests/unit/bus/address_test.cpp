#include "bus/address.hpp"

#include <map>

#include <gtest/gtest.h>

namespace superd::bus {
namespace {

using Environment = std::map<std::string, std::string>;

std::string choose(const std::string& address, bool user, const std::string& runtime,
                   const Environment& environment) {
    return choose_address({address, user, runtime}, [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? "" : found->second;
    });
}

TEST(Address, AutoIsTheSystemsBusForTheSystemsSuperd) {
    EXPECT_EQ(choose("auto", false, "/run/superd", {}), "unix:path=/run/dbus/system_bus_socket");
    EXPECT_EQ(choose("auto", false, "/run/superd", {{"DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/x"}}),
              "unix:path=/x");
    EXPECT_EQ(choose("auto", false, "/tmp/other", {}), "") << "one of several has no bus";
}

TEST(Address, AutoIsTheSessionsBusForAUsersOwn) {
    const Environment environment{{"XDG_RUNTIME_DIR", "/run/user/7"}};
    EXPECT_EQ(choose("auto", true, "/run/user/7/superd", environment), "unix:path=/run/user/7/bus");
    EXPECT_EQ(choose("auto", true, "/tmp/other", environment), "");
    EXPECT_EQ(choose("auto", true, "/tmp/superd-7", {}), "");
}

TEST(Address, AWordNamesOneWhereverSuperdIs) {
    EXPECT_EQ(choose("off", false, "/run/superd", {}), "");
    EXPECT_EQ(choose("system", true, "/tmp/x", {}), "unix:path=/run/dbus/system_bus_socket");
    EXPECT_EQ(choose("session", false, "/tmp/x", {{"DBUS_SESSION_BUS_ADDRESS", "unix:path=/s"}}),
              "unix:path=/s");
    EXPECT_EQ(choose("session", false, "/tmp/x", {}), "") << "nothing says where it is";
    EXPECT_EQ(choose("unix:abstract=a", false, "/tmp/x", {}), "unix:abstract=a");
}

TEST(Address, IsOfSocketsAlone) {
    EXPECT_TRUE(names_only_sockets("unix:path=/run/bus,guid=1"));
    EXPECT_TRUE(names_only_sockets("unix:path=/run/bus;unix:abstract=b"));
    EXPECT_FALSE(names_only_sockets("unixexec:path=/bin/sh"));
    EXPECT_FALSE(names_only_sockets("unix:path=/nowhere;unixexec:path=/bin/sh"));
    EXPECT_FALSE(names_only_sockets("tcp:host=a;unix:path=/run/bus"));
    EXPECT_FALSE(names_only_sockets(""));
}

}  // namespace
}  // namespace superd::bus
