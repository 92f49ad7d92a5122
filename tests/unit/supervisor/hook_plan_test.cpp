#include "supervisor/hook_plan.hpp"

#include <csignal>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using core::Hook;
using core::Reason;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

const Launcher launcher{{.scope = "1a-2b", .notify_path = "/run/s/notify.sock"}};

config::Unit web() {
    config::Unit unit;
    unit.spec.name = "web";
    unit.spec.stop = {{SIGTERM, {}}, {SIGKILL, {}}};
    unit.launch.argv = {"/bin/serve"};
    unit.launch.env = {"EXIT_CODE=mine", "PORT=80"};
    unit.launch.uid = 33;
    unit.launch.gid = 34;
    unit.launch.groups = {35};
    unit.hooks = std::make_unique<config::Hooks>();
    for (auto& argv : unit.hooks->argv) argv = {"/bin/hook", "word"};
    return unit;
}

core::Instance ended(Reason reason, core::ExitStatus status) {
    core::Instance i;
    i.state = core::State::stopping;
    i.reason = reason;
    i.run = 17;
    i.last_exit = std::make_unique<core::LastExit>();
    i.last_exit->run = 17;
    i.last_exit->status = status;
    return i;
}

std::string result(Reason reason, core::ExitStatus status) {
    const auto told = service_result(web().spec, ended(reason, status));
    return told.result + " " + told.code + " " + told.status;
}

TEST(HookPlan, IsTheUnitsButForItsProgram) {
    core::Instance instance;
    instance.pid = 4711;
    const auto plan = hook_plan(launcher, web(), 2, instance, 17, Hook::pre_stop);
    EXPECT_THAT(plan.argv, ElementsAre("/bin/hook", "word"));
    EXPECT_THAT(plan.env, Contains("PORT=80"));
    EXPECT_THAT(plan.env, Contains("SUPERD_HOOK=pre-stop"));
    EXPECT_THAT(plan.env, Contains("SUPERD_RUN=17@1a-2b"));
    EXPECT_THAT(plan.env, Contains("MAINPID=4711"));
    EXPECT_THAT(plan.env, Contains("SERVICE_RESULT=success"));
    EXPECT_EQ(plan.uid, 33u);
    const auto crash = hook_plan(launcher, web(), 2, instance, 16, Hook::on_crash);
    EXPECT_THAT(crash.env, Contains("SUPERD_RUN=16@1a-2b"));
    EXPECT_THAT(crash.env, Not(Contains(StartsWith("MAINPID=")))) << "that is a later run's";
}

TEST(HookPlan, MayBeSuperdsOwnUsers) {
    config::Unit unit = web();
    unit.hooks->run_as = config::RunAs::superd;
    const auto plan = hook_plan(launcher, unit, 0, {}, 17, Hook::pre_start);
    EXPECT_EQ(plan.uid, static_cast<uid_t>(-1));
    EXPECT_EQ(plan.gid, static_cast<gid_t>(-1));
    EXPECT_TRUE(plan.groups.empty());
}

TEST(HookPlan, PostStopIsToldHowItEndedInPlaceOfWhatTheUnitSays) {
    const auto plan =
        hook_plan(launcher, web(), 0, ended(Reason::leftovers, {.code = 3}), 17, Hook::post_stop);
    EXPECT_THAT(plan.env, Contains("SERVICE_RESULT=exit-code"));
    EXPECT_THAT(plan.env, Contains("EXIT_CODE=exited"));
    EXPECT_THAT(plan.env, Contains("EXIT_STATUS=3"));
    EXPECT_THAT(plan.env, Not(Contains("EXIT_CODE=mine")));
}

TEST(ServiceResult, HasSystemdsWords) {
    EXPECT_EQ(result(Reason::leftovers, {}), "success exited 0");
    EXPECT_EQ(result(Reason::leftovers, {.code = 3}), "exit-code exited 3");
    EXPECT_EQ(result(Reason::leftovers, {.signal = SIGSEGV}), "signal killed SEGV");
    EXPECT_EQ(result(Reason::leftovers, {.signal = SIGABRT, .core = true}),
              "core-dump dumped ABRT");
    EXPECT_EQ(result(Reason::leftovers, {.signal = SIGKILL, .oom = true}), "oom-kill killed KILL");
    EXPECT_EQ(result(Reason::leftovers, {.unknown = true}), "exit-code  ");
    EXPECT_EQ(result(Reason::stopped, {.signal = SIGTERM}), "success killed TERM");
    EXPECT_EQ(result(Reason::watchdog, {.signal = SIGABRT}), "watchdog killed ABRT");
    EXPECT_EQ(result(Reason::ready_timeout, {.signal = SIGTERM}), "timeout killed TERM");
    EXPECT_EQ(result(Reason::ready_failed, {.code = 0}), "protocol exited 0");
}

TEST(ServiceResult, TellsWhenAStopHadToBeForced) {
    core::Instance i = ended(Reason::stopped, {.signal = SIGKILL});
    EXPECT_EQ(service_result(web().spec, i).result, "success") << "somebody else killed it";
    i.stop_step = 1;
    EXPECT_EQ(service_result(web().spec, i).result, "timeout");
}

TEST(ServiceResult, OfARunWithoutAProcessHasNoExit) {
    core::Instance i = ended(Reason::pre_start_failed, {.code = 9});
    i.last_exit->run = 16;
    EXPECT_EQ(service_result(web().spec, i).result, "exit-code");
    EXPECT_EQ(service_result(web().spec, i).code, "");
    i.reason = Reason::spawn_failed;
    EXPECT_EQ(service_result(web().spec, i).result, "resources");
}

}  // namespace
}  // namespace superd::supervisor
