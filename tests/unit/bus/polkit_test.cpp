#include "bus/polkit.hpp"

#include "bus/clients.hpp"
#include "tests/unit/bus/made_message.hpp"

#include <signal.h>

#include <algorithm>

#include <gtest/gtest.h>

namespace superd::bus {
namespace {

using control::Command;
using control::Domain;

std::string detail(const Question& question, std::string_view key) {
    for (const auto& [name, value] : question.details) {
        if (name == key) return value;
    }
    return "(none)";
}

TEST(Questions, AreOneAUnitHoweverManyInstances) {
    const auto all = questions_about({"stop", Domain::units, {"web/0", "web/1", "db"}});
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].action, "org.superd.manage-units");
    EXPECT_EQ(detail(all[0], "unit"), "db");
    EXPECT_EQ(detail(all[1], "unit"), "web");
    EXPECT_EQ(detail(all[1], "verb"), "stop");
    EXPECT_EQ(detail(all[1], "signal"), "(none)");
}

TEST(Questions, AboutAllUnitsIsOneOfItsOwn) {
    const auto all = questions_about({"disable", Domain::unit_files, {}});
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].action, "org.superd.manage-unit-files");
    EXPECT_EQ(detail(all[0], "unit"), "*");
}

TEST(Questions, AboutSuperdItselfNameNoUnit) {
    EXPECT_EQ(questions_about({"apply", Domain::reload, {}})[0].action, "org.superd.reload-daemon");
    EXPECT_EQ(questions_about({"upgrade", Domain::daemon, {}})[0].action,
              "org.superd.manage-daemon");
    EXPECT_EQ(detail(questions_about({"upgrade", Domain::daemon, {}})[0], "unit"), "(none)");
}

TEST(Questions, ASignalIsTold) {
    const auto all = questions_about({"signal", Domain::units, {"web"}, SIGHUP});
    EXPECT_EQ(detail(all[0], "signal"), "SIGHUP");
    const auto real_time = questions_about({"signal", Domain::units, {"web"}, SIGRTMIN + 1});
    EXPECT_EQ(detail(real_time[0], "signal"), std::to_string(SIGRTMIN + 1));
}

TEST(Credentials, AreReadFromTheBussAnswer) {
    const test::Unconnected unconnected;
    const auto answer = unconnected.call();
    unconnected.must(sd_bus_message_append(answer.get(), "a{sv}", 3, "UnixUserID", "u", 1001u,
                                           "ProcessID", "u", 7u, "UnixGroupIDs", "au", 2, 5u, 6u));
    unconnected.seal(answer);
    Client client;
    ASSERT_TRUE(read_credentials(answer.get(), client));
    EXPECT_EQ(client.uid, 1001u);
    EXPECT_EQ(client.groups, (std::vector<gid_t>{5, 6}));
}

TEST(Credentials, WithoutAUserAreNone) {
    const test::Unconnected unconnected;
    const auto answer = unconnected.call();
    unconnected.must(sd_bus_message_append(answer.get(), "a{sv}", 1, "ProcessID", "u", 7u));
    unconnected.seal(answer);
    Client client;
    EXPECT_FALSE(read_credentials(answer.get(), client));
    const auto odd = unconnected.call();
    unconnected.must(sd_bus_message_append(odd.get(), "a{sv}", 1, "UnixUserID", "s", "root"));
    unconnected.seal(odd);
    EXPECT_FALSE(read_credentials(odd.get(), client));
}

}  // namespace
}  // namespace superd::bus
