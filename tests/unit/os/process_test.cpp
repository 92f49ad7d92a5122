#include "os/process.hpp"

#include "os/spawn.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

// A child that lives until it is killed.
class Sleeper {
public:
    Sleeper() {
        SpawnPlan plan;
        plan.argv = {"/bin/sleep", "1000"};
        plan.env = {"SUPERD_RUN=17", "SUPERD_RUN_NOT=18", "EMPTY="};
        plan.sibling = false;
        pid_ = spawn(plan, nullptr).value();
        // spawn() returns when exec can not fail any more, a moment before the
        // kernel has laid out the new environment; it has no event for that.
        while (!process_environment(pid_, "SUPERD_RUN")) std::this_thread::yield();
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() { reap(); }

    pid_t pid() const { return pid_; }
    void end() {
        ::kill(pid_, SIGKILL);
        siginfo_t info;
        ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
    }
    void reap() {
        if (pid_ == 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

private:
    pid_t pid_ = 0;
};

TEST(Process, StatTellsFamilyAndStart) {
    Sleeper sleeper;
    const auto stat = process_stat(sleeper.pid());
    ASSERT_TRUE(stat.has_value());
    EXPECT_EQ(sleeper.pid(), stat->pid);
    EXPECT_EQ(::getpid(), stat->parent);
    EXPECT_EQ(sleeper.pid(), stat->session);
    EXPECT_EQ(sleeper.pid(), stat->group);
    EXPECT_GE(stat->start_ticks, process_stat(::getpid())->start_ticks);
    EXPECT_GT(process_stat(::getpid())->rss_bytes, 100'000u);
    sleeper.end();
    EXPECT_EQ('Z', process_stat(sleeper.pid())->state);
    const pid_t pid = sleeper.pid();
    sleeper.reap();
    EXPECT_FALSE(process_stat(pid).has_value());
}

TEST(Process, StatIsNotFooledByAName) {
    char name[16] = {};
    ::prctl(PR_GET_NAME, name);
    ::prctl(PR_SET_NAME, ") Z 1 (2");
    const auto stat = process_stat(::getpid());
    ::prctl(PR_SET_NAME, name);
    ASSERT_TRUE(stat.has_value());
    EXPECT_EQ(::getppid(), stat->parent);
    EXPECT_EQ('R', stat->state);
}

TEST(Process, EnvironmentIsReadByName) {
    const Sleeper sleeper;
    EXPECT_EQ("17", process_environment(sleeper.pid(), "SUPERD_RUN"));
    EXPECT_EQ("", process_environment(sleeper.pid(), "EMPTY"));
    EXPECT_FALSE(process_environment(sleeper.pid(), "SUPERD").has_value());
    EXPECT_FALSE(process_environment(sleeper.pid(), "HOME").has_value());
    EXPECT_FALSE(process_environment(0, "SUPERD_RUN").has_value());
}

TEST(Process, ChildrenIncludeZombiesAndThoseOfOtherThreads) {
    Sleeper zombie;
    zombie.end();
    pid_t by_thread = 0;
    std::optional<Sleeper> other;
    bool listed = false;
    std::thread thread{[&] {
        other.emplace();
        by_thread = other->pid();
        const auto children = children_of(::getpid());
        listed = std::ranges::count(children, by_thread) == 1;
    }};
    thread.join();
    const auto children = children_of(::getpid());
    EXPECT_EQ(1, std::ranges::count(children, zombie.pid()));
    EXPECT_TRUE(listed);
    EXPECT_TRUE(children_of(zombie.pid()).empty());
}

TEST(Process, DescendantsComeAfterTheirParents) {
    int ends[2];
    ASSERT_EQ(0, ::pipe(ends));
    SpawnPlan plan;
    // The outer shell waits for the inner one, which waits for its input's end.
    plan.argv = {"/bin/sh", "-c", "/bin/sh -c 'echo ready; read line; exit 0'; exit 0"};
    plan.sibling = false;
    int answer[2];
    ASSERT_EQ(0, ::pipe(answer));
    plan.descriptors = {{ends[0], 0}, {answer[1], 1}};
    const pid_t outer = spawn(plan, nullptr).value();
    char byte = 0;
    ASSERT_EQ(1, ::read(answer[0], &byte, 1));
    const auto found = descendants_of(::getpid());
    const auto at = std::ranges::find(found, outer);
    ASSERT_NE(found.end(), at);
    const auto inner = children_of(outer);
    ASSERT_EQ(1u, inner.size());
    EXPECT_NE(found.end(), std::find(at, found.end(), inner[0]));
    for (const int fd : {ends[0], ends[1], answer[0], answer[1]}) ::close(fd);
    ::waitpid(outer, nullptr, 0);
}

TEST(Process, AllProcessesHaveUsAmongThem) {
    EXPECT_EQ(1, std::ranges::count(all_processes(), ::getpid()));
}

TEST(Pidfd, SignalsTheProcessAndOnlyWhileItLives) {
    Sleeper sleeper;
    const auto pidfd = pidfd_open(sleeper.pid());
    ASSERT_TRUE(pidfd.has_value());
    EXPECT_TRUE(pidfd_signal(*pidfd, 0).has_value());
    EXPECT_FALSE(pidfd_exit_status(*pidfd).has_value());
    EXPECT_TRUE(pidfd_signal(*pidfd, SIGKILL).has_value());
    pollfd ended{pidfd->get(), POLLIN, 0};
    EXPECT_EQ(1, ::poll(&ended, 1, 60'000));
    const pid_t pid = sleeper.pid();
    sleeper.reap();
    const auto gone = pidfd_signal(*pidfd, 0);
    ASSERT_FALSE(gone.has_value());
    EXPECT_EQ(std::errc::no_such_process, gone.error().code);
    EXPECT_EQ("cannot open a pidfd of process " + std::to_string(pid) + ": No such process",
              pidfd_open(pid).error().message());
}

TEST(Pidfd, SaysWhomItIsAbout) {
    const auto self = pidfd_open(::getpid());
    ASSERT_TRUE(self.has_value());
    EXPECT_EQ(pidfd_pid(*self), ::getpid());
    const Fd none{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    EXPECT_FALSE(pidfd_pid(none));
    EXPECT_FALSE(pidfd_pid(Fd{}));
}

TEST(Pidfd, TellsTheStatusOfOneReapedByAnother) {
    Sleeper sleeper;
    const auto pidfd = pidfd_open(sleeper.pid());
    ASSERT_TRUE(pidfd.has_value());
    sleeper.reap();
    const auto status = pidfd_exit_status(*pidfd);
    if (!status) GTEST_SKIP() << "this kernel cannot tell (before 6.15)";
    ASSERT_TRUE(WIFSIGNALED(*status));
    EXPECT_EQ(SIGKILL, WTERMSIG(*status));
}

}  // namespace
}  // namespace superd::os
