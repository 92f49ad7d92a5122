#include "supervisor/launcher.hpp"

#include "config/instance_text.hpp"
#include "os/limits.hpp"

#include <cerrno>
#include <csignal>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

config::Unit web() {
    config::Unit unit;
    unit.spec.name = "web";
    unit.launch.argv = {"/bin/serve", "--port", "80"};
    unit.launch.env = {"PORT=80"};
    unit.source.files = {"units/web.toml"};
    unit.source.exec = {2};
    unit.source.directory = {7};
    return unit;
}

const Launcher launcher{{.scope = "1a-2b", .notify_path = "/run/s/notify.sock", .open_files = 256}};

TEST(Launcher, TellsTheServiceWhoItIs) {
    const auto plan = launcher.plan(web(), 2, 17);
    EXPECT_THAT(plan.argv, ElementsAre("/bin/serve", "--port", "80"));
    EXPECT_THAT(plan.env, Contains("PORT=80"));
    EXPECT_THAT(plan.env, Contains("SUPERD_SERVICE=web"));
    EXPECT_THAT(plan.env, Contains("SUPERD_INSTANCE=web/2"));
    EXPECT_THAT(plan.env, Contains("SUPERD_RUN=17@1a-2b"));
    EXPECT_THAT(plan.env, Not(Contains(StartsWith("NOTIFY_SOCKET="))));
    EXPECT_EQ(plan.directory, "/");
    EXPECT_EQ(plan.open_files, 256u);
    EXPECT_TRUE(plan.sibling);
}

TEST(Launcher, AsksForNoMoreOpenFilesThanThereCanBe) {
    config::Unit unit = web();
    unit.limits = std::make_shared<const config::Limits>(
        config::Limits{.process = {{RLIMIT_NOFILE, RLIM_INFINITY}, {RLIMIT_CORE, RLIM_INFINITY}}});
    const auto plan = launcher.plan(unit, 0, 1);
    ASSERT_EQ(plan.limits.size(), 2u);
    EXPECT_EQ(plan.limits[0].value, os::most_open_files());
    EXPECT_EQ(plan.limits[1].value, RLIM_INFINITY);
}

TEST(Launcher, TiesOnlyTheRunItselfToSuperdsLife) {
    config::Unit unit = web();
    unit.spec.stop = {{SIGQUIT, {}}, {SIGKILL, {}}};
    unit.launch.ends_with_superd = true;
    auto plan = launcher.plan(unit, 0, 1);
    EXPECT_EQ(plan.parent_death_signal, 0);
    Launcher::add_own(unit, plan);
    EXPECT_EQ(plan.parent_death_signal, SIGQUIT);
}

TEST(Launcher, PutsTheInstancesNumberWhereItIsOpen) {
    config::Unit unit = web();
    const std::string open{config::instance_mark};
    unit.launch.argv.push_back("80" + open + "." + open);
    unit.launch.env = {"SOCKET=/run/" + open + ".sock"};
    unit.launch.directory = "/srv/" + open;
    const auto plan = launcher.plan(unit, 12, 17);
    EXPECT_EQ(plan.argv.back(), "8012.12");
    EXPECT_THAT(plan.env, Contains("SOCKET=/run/12.sock"));
    EXPECT_EQ(plan.directory, "/srv/12");
}

TEST(Launcher, GivesAPathOnlyToThoseWithout) {
    EXPECT_THAT(launcher.plan(web(), 0, 1).env, Contains(StartsWith("PATH=/usr/local/sbin:")));
    config::Unit own = web();
    own.launch.env = {"PATH=/opt/bin"};
    EXPECT_THAT(launcher.plan(own, 0, 1).env, Contains("PATH=/opt/bin"));
    EXPECT_THAT(launcher.plan(own, 0, 1).env, Not(Contains(StartsWith("PATH=/usr"))));
}

TEST(Launcher, OffersTheNotifySocketToThoseWhoUseIt) {
    config::Unit unit = web();
    unit.ready = std::make_unique<config::Ready>();
    unit.ready->kind = config::ReadyKind::notify;
    EXPECT_THAT(launcher.plan(unit, 0, 1).env, Contains("NOTIFY_SOCKET=/run/s/notify.sock"));
    unit.ready->kind = config::ReadyKind::tcp;
    EXPECT_THAT(launcher.plan(unit, 0, 1).env, Not(Contains(StartsWith("NOTIFY_SOCKET="))));
}

TEST(Launcher, TellsOnlyTheRunItselfOfItsWatchdog) {
    config::Unit unit = web();
    unit.spec.watchdog.every = std::chrono::milliseconds{1500};
    os::SpawnPlan plan = launcher.plan(unit, 0, 1);
    EXPECT_THAT(plan.env, Contains("NOTIFY_SOCKET=/run/s/notify.sock"));
    EXPECT_THAT(plan.env, Not(Contains(StartsWith("WATCHDOG_"))));
    Launcher::add_own(unit, plan);
    EXPECT_THAT(plan.env, Contains("WATCHDOG_USEC=1500000"));
    EXPECT_THAT(plan.own_pid, ElementsAre("WATCHDOG_PID"));
}

TEST(Launcher, TakesIdentityAndDirectoryFromTheUnit) {
    config::Unit unit = web();
    unit.launch.directory = "/srv/web";
    unit.launch.uid = 33;
    unit.launch.gid = 34;
    unit.launch.groups = {35};
    unit.launch.umask = 077;
    const auto plan = launcher.plan(unit, 0, 1);
    EXPECT_EQ(plan.directory, "/srv/web");
    EXPECT_EQ(plan.uid, 33u);
    EXPECT_EQ(plan.gid, 34u);
    EXPECT_THAT(plan.groups, ElementsAre(35));
    EXPECT_EQ(plan.umask, 077u);
}

TEST(SpawnSentence, NamesUnitStepCauseAndPlace) {
    const os::SpawnError error{os::ChildStep::directory, ENOENT,
                               "chdir \"/srv/web\": No such file or directory"};
    config::Unit unit = web();
    EXPECT_EQ(spawn_sentence(unit, 0, error),
              "web: cannot start: chdir \"/srv/web\": No such file or directory "
              "(units/web.toml:7)");
    unit.spec.instances = 3;
    unit.source.directory = {0};
    EXPECT_EQ(spawn_sentence(unit, 1, error),
              "web/1: cannot start: chdir \"/srv/web\": No such file or directory "
              "(units/web.toml)");
    const os::SpawnError exec{os::ChildStep::exec, EACCES, "exec \"/x\": Permission denied"};
    EXPECT_THAT(spawn_sentence(unit, 1, exec), testing::EndsWith("(units/web.toml:2)"));
}

}  // namespace
}  // namespace superd::supervisor
