// The kind that runs a program.
#include "os/process.hpp"
#include "tests/unit/supervisor/ready_fixture.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;

config::Ready sh(const std::string& script) {
    return {.kind = config::ReadyKind::exec, .argv = {"/bin/sh", "-c", script}, .every = 20ms};
}

ReadySubject subject() {
    ReadySubject made;
    made.plan.argv = {"/not/the/probe"};
    made.plan.env = {"PATH=/usr/bin:/bin", "COLOUR=blue"};
    made.plan.descriptors = {{.from = 0, .to = 7}};
    return made;
}

std::string contents(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool no_child_left() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

TEST_F(Readiness, ExecIsReadyWithExitZero) {
    const std::string flag = scratch_ / "flag";
    watch(sh("test -e " + flag + " || exit 3"), subject());
    EXPECT_EQ("exec /bin/sh not tried yet", watch_->progress());
    run_until_progress("exec /bin/sh ended with exit 3, 2 tries");
    static_cast<void>(std::ofstream{flag});
    destroy_ = true;
    run_until_said();
    EXPECT_EQ(true, said_);
    EXPECT_TRUE(no_child_left());
}

TEST_F(Readiness, ExecRunsAsTheRunDoesButForItsDescriptors) {
    const std::string out = scratch_ / "out";
    ASSERT_EQ(0, ::chmod(scratch_.path().c_str(), 0777));
    ReadySubject made = subject();
    made.plan.directory = scratch_.path();
    std::string user = std::to_string(::getuid());
    if (::getuid() == 0) {
        made.plan.uid = 65534;
        made.plan.gid = 65534;
        user = "65534";
    }
    watch(sh("one=$(readlink /proc/$$/fd/1)\n"
             "{ id -u; pwd; echo $COLOUR $SUPERD_HOOK $one; for n in 0 2 7; do readlink "
             "/proc/$$/fd/$n; done; } "
             ">new\n"
             "mv new out"),
          made);
    run_until_said();
    EXPECT_EQ(true, said_);
    EXPECT_EQ(user + "\n" + scratch_.path() + "\nblue ready /dev/null\n/dev/null\n/dev/null\n",
              contents(out));
}

TEST_F(Readiness, ExecMayTakeAsLongAsTheWatchLasts) {
    watch(sh("sleep 2.2"), subject());
    EXPECT_EQ("exec /bin/sh not tried yet", watch_->progress());
    run_until_progress("exec /bin/sh tried now");
    run_until([&] { return said_.has_value() || watch_->progress().contains("1 try"); });
    EXPECT_EQ(true, said_) << watch_->progress();
}

TEST_F(Readiness, ExecThatDoesNotEndIsKilledWithItsWholeGroup) {
    const std::string pid_file = scratch_ / "pid";
    config::Ready ready = sh("sleep 1000 & echo $! >" + pid_file + ".new; mv " + pid_file +
                             ".new " + pid_file + "; wait");
    watch(ready, subject());
    while (!std::filesystem::exists(pid_file)) io_.run_for(1ms);
    auto sleeper = os::pidfd_open(std::stoi(contents(pid_file)));
    ASSERT_TRUE(sleeper);
    expect_nothing_left();
    pollfd ended{.fd = sleeper->get(), .events = POLLIN};
    EXPECT_EQ(1, ::poll(&ended, 1, 60'000));
    EXPECT_FALSE(said_);
    EXPECT_TRUE(no_child_left());
}

TEST_F(Readiness, ExecLeavesNothingBehindWhenItSucceeds) {
    const std::string pid_file = scratch_ / "pid";
    watch(sh("sleep 1000 & echo $! >" + pid_file), subject());
    run_until_said();
    EXPECT_EQ(true, said_);
    if (auto sleeper = os::pidfd_open(std::stoi(contents(pid_file)))) {
        pollfd ended{.fd = sleeper->get(), .events = POLLIN};
        EXPECT_EQ(1, ::poll(&ended, 1, 60'000));
    }
    EXPECT_TRUE(no_child_left());
}

TEST_F(Readiness, ExecAmidATryIsKilledAndReapedWithItsWatch) {
    const std::string begun = scratch_ / "begun";
    watch(sh(": >" + begun + "; sleep 1000"), subject());
    while (!std::filesystem::exists(begun)) io_.run_for(1ms);
    expect_nothing_left();
    EXPECT_FALSE(said_);
    EXPECT_TRUE(no_child_left());
}

TEST_F(Readiness, ExecThatCannotStartSaysWhy) {
    config::Ready ready = sh("");
    ready.argv = {"/nowhere/probe"};
    watch(ready, subject());
    run_until_progress("exec /nowhere/probe cannot start: ");
    EXPECT_TRUE(watch_->progress().contains("No such file or directory")) << watch_->progress();
    run_until_progress("2 tries");
    expect_nothing_left();
    EXPECT_TRUE(no_child_left());
}

TEST_F(Readiness, ExecEndedBySignalSaysWhich) {
    watch(sh("kill -SEGV $$"), subject());
    run_until_progress("exec /bin/sh ended with SIGSEGV");
}

}  // namespace
}  // namespace superd::supervisor
