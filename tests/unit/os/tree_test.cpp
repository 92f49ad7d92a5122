#include "os/tree.hpp"

#include "os/process_user.hpp"
#include "tests/unit/os/family.hpp"
#include "tests/unit/os/scratch.hpp"

#include <sys/syscall.h>

#include <pthread.h>

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::os {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Tests run beside each other, and a look at all of /proc must tell their families apart.
std::string scope() { return "fd-" + std::to_string(::getpid()); }

std::vector<std::string> marked(std::uint64_t run) {
    return {"SUPERD_RUN=" + run_mark(run, scope())};
}

class Tree : public testing::Test {
protected:
    std::vector<TreeMember> scan(std::vector<TreeRun> runs) const {
        const auto nobody = [](pid_t) { return false; };
        for (;;) {
            const auto found = scan_.children(runs, nobody);
            // Whatever is asked, the pass over all of /proc must tell the same.
            const auto everywhere = scan_.everywhere(runs, nobody);
            // Shells may have started something between the two.
            if (keys(found) != keys(scan_.children(runs, nobody))) continue;
            EXPECT_EQ(keys(found), keys(everywhere));
            return found;
        }
    }
    static std::vector<std::pair<pid_t, std::uint64_t>> keys(
        const std::vector<TreeMember>& members) {
        std::vector<std::pair<pid_t, std::uint64_t>> pairs;
        for (const TreeMember& member : members) pairs.emplace_back(member.pid, member.run);
        std::ranges::sort(pairs);
        return pairs;
    }
    static std::vector<pid_t> pids(const std::vector<TreeMember>& members) {
        std::vector<pid_t> found;
        for (const TreeMember& member : members) found.push_back(member.pid);
        return found;
    }

    Family family_;
    TreeScan scan_{::getpid(), scope()};
};

TEST_F(Tree, LivingLeaderBringsItsDescendantsEvenThoseOfOtherSessions) {
    const pid_t leader =
        family_.lead("setsid sh -c 'echo $$ >&3; exec sleep 1000' & wait", marked(5));
    const pid_t child = family_.told();
    EXPECT_THAT(pids(scan({{leader, 5}})), UnorderedElementsAre(leader, child));
    EXPECT_THAT(scan({{leader + 1'000'000, 6}}), IsEmpty());
}

TEST_F(Tree, OrphanThatLeftTheSessionAndIgnoresSigtermIsFoundByItsMarkAndKilled) {
    const pid_t leader = family_.lead(
        "setsid sh -c 'trap \"\" TERM; echo $$ >&3; while :; do sleep 1000; done' & exit 0",
        marked(5));
    const pid_t orphan = family_.told();
    Family::wait_end(leader);
    auto members = scan({{leader, 5}});
    EXPECT_THAT(pids(members), testing::Contains(orphan));
    EXPECT_THAT(pids(members), testing::Not(testing::Contains(leader))) << "a zombie is no member";

    EXPECT_GE(signal_members(members, SIGTERM), 1u);
    EXPECT_THAT(pids(scan({{leader, 5}})), testing::Contains(orphan));
    EXPECT_GE(signal_members(scan({{leader, 5}}), SIGKILL), 1u);
    Family::wait_end(orphan);
}

TEST_F(Tree, DoubleForkedDaemonAndItsChildrenAreFound) {
    const pid_t leader = family_.lead(
        "(setsid sh -c 'echo $$ >&3; (echo $(exec sh -c \"echo \\$PPID\") >&3; exec sleep 1000) & "
        "wait' &) ; exit 0",
        marked(5));
    const pid_t daemon = family_.told();
    const pid_t child = family_.told();
    Family::wait_end(leader);
    Family::reap(leader);
    EXPECT_THAT(pids(scan({{leader, 5}})), testing::IsSupersetOf({daemon, child}));
}

TEST_F(Tree, OrphanWithoutEnvironmentIsFoundByTheLeadersSession) {
    const pid_t leader =
        family_.lead("env -i /bin/sh -c 'echo $$ >&3; exec /bin/sleep 1000' & exit 0", marked(5));
    const pid_t orphan = family_.told();
    Family::wait_end(leader);
    EXPECT_THAT(pids(scan({{leader, 5}})), ElementsAre(orphan));
    EXPECT_THAT(scan({{0, 5}}), IsEmpty()) << "the number serves another: only marks tell";
}

TEST_F(Tree, OrphanWithoutEnvironmentAndSessionIsNobodys) {
    const pid_t leader = family_.lead(
        "env -i /usr/bin/setsid /bin/sh -c 'echo $$ >&3; exec /bin/sleep 1000' & exit 0",
        marked(5));
    family_.told();
    Family::wait_end(leader);
    EXPECT_THAT(scan({{leader, 5}}), IsEmpty());
}

// Anybody can write a mark into the environment of what he starts.
TEST_F(Tree, MarkThatSomebodyElseWroteIsBelievedOfTheKeepersChildrenOnly) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    const pid_t forger = family_.lead(
        "exec setpriv --reuid=65534 --regid=65534 --clear-groups "
        "sh -c 'echo $$ >&3; exec sleep 1000'",
        marked(5));
    family_.told();
    const auto nobody = [](pid_t) { return false; };
    const TreeScan of_another{::getppid(), scope()};
    const auto anywhere = [&](uid_t user) {
        return of_another.everywhere(std::vector<TreeRun>{{0, 5, user}}, nobody);
    };
    EXPECT_THAT(anywhere(0), IsEmpty());
    EXPECT_THAT(anywhere(1), IsEmpty());
    EXPECT_THAT(pids(anywhere(65534)), ElementsAre(forger)) << "the run's own user";
    EXPECT_THAT(pids(scan({{0, 5, 0}})), ElementsAre(forger)) << "it came back to us";
    EXPECT_FALSE(is_run_by(forger, 0));
    EXPECT_TRUE(is_run_by(forger, 65534));
}

TEST_F(Tree, MarkOfAnotherSuperdOrAnotherRunIsNotOurs) {
    const pid_t other = family_.lead("echo $$ >&3; exec sleep 1000", {"SUPERD_RUN=5@fd-2"});
    const pid_t plain = family_.lead("echo $$ >&3; exec sleep 1000", {"SUPERD_RUN=5"});
    const pid_t six = family_.lead("echo $$ >&3; exec sleep 1000", marked(6));
    for (int i = 0; i < 3; ++i) family_.told();
    EXPECT_THAT(scan({{0, 5}}), IsEmpty());
    EXPECT_THAT(pids(scan({{0, 6}})), ElementsAre(six));
    // A leader's number that was used again for run 6 is not run 5's any more.
    EXPECT_THAT(scan({{six, 5}}), IsEmpty());
    EXPECT_THAT(pids(scan({{other, 7}, {plain, 8}})), UnorderedElementsAre(other, plain));
}

TEST_F(Tree, ManyRunsAreToldApartInOnePass) {
    std::vector<TreeRun> runs;
    for (std::uint64_t run = 1; run <= 5; ++run) {
        const pid_t leader =
            family_.lead("setsid sh -c 'echo $$ >&3; exec sleep 1000' & exit 0", marked(run));
        runs.push_back({leader, run});
        const pid_t orphan = family_.told();
        Family::wait_end(leader);
        EXPECT_EQ((std::vector<std::pair<pid_t, std::uint64_t>>{{orphan, run}}),
                  keys(scan({{leader, run}})));
    }
    EXPECT_EQ(5u, scan(runs).size());
}

TEST_F(Tree, KnownProcessesAreLeftOut) {
    const pid_t known = family_.lead("echo $$ >&3; exec sleep 1000", marked(5));
    family_.told();
    const TreeRun run{0, 5};
    EXPECT_THAT(scan_.children({&run, 1}, [&](pid_t pid) { return pid == known; }), IsEmpty());
    EXPECT_THAT(scan_.everywhere({&run, 1}, [&](pid_t pid) { return pid == known; }), IsEmpty());
    // But a leader that is asked about is known, and is a member.
    const TreeRun own{known, 5};
    EXPECT_THAT(pids(scan_.children({&own, 1}, [](pid_t) { return true; })), ElementsAre(known));
}

TEST_F(Tree, ProcessWhoseMainThreadEndedStillLives) {
    int ends[2];
    ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
    const Fd reading{ends[0]}, writing{ends[1]};
    const pid_t child = ::fork();
    if (child == 0) {
        ::setsid();
        pthread_t thread;
        ::pthread_create(
            &thread, nullptr,
            [](void*) -> void* {
                for (;;) ::pause();
            },
            nullptr);
        ::syscall(SYS_exit, 0);  // Of this thread only.
    }
    for (;;) {  // Its exit has no event of its own: the process goes on.
        const auto stat = process_stat(child);
        ASSERT_TRUE(stat);
        if (stat->state == 'Z') break;
        ::usleep(1000);
    }
    EXPECT_THAT(pids(scan({{child, 5}})), ElementsAre(child));
}

TEST_F(Tree, ReusedNumberIsNotSignalled) {
    const pid_t pid = family_.lead("echo $$ >&3; exec sleep 1000");
    family_.told();
    const auto stat = process_stat(pid);
    ASSERT_TRUE(stat);
    const TreeMember earlier{.pid = pid, .start_ticks = stat->start_ticks - 1, .run = 5};
    EXPECT_EQ(0u, signal_members({&earlier, 1}, SIGKILL));
    EXPECT_NE('Z', process_stat(pid)->state);
    const TreeMember same{.pid = pid, .start_ticks = stat->start_ticks, .run = 5};
    EXPECT_EQ(1u, signal_members({&same, 1}, SIGKILL));
    Family::wait_end(pid);
}

TEST_F(Tree, GroupLivesAsLongAsOneOfItDoes) {
    const pid_t leader = family_.lead("sh -c 'echo $$ >&3; exec sleep 1000' & exit 0");
    const pid_t member = family_.told();
    Family::wait_end(leader);
    Family::reap(leader);
    EXPECT_TRUE(group_alive(leader));
    ::kill(member, SIGKILL);
    Family::wait_end(member);
    Family::reap(member);
    EXPECT_FALSE(group_alive(leader));
}

TEST(TreeScope, IsTheDirectorysIdentity) {
    const test::Scratch one, two;
    const auto scope_one = tree_scope(one.path());
    ASSERT_TRUE(scope_one);
    EXPECT_EQ(*scope_one, *tree_scope(one.path() + "/."));
    EXPECT_NE(*scope_one, *tree_scope(two.path()));
    EXPECT_EQ("cannot look at /nowhere: No such file or directory",
              tree_scope("/nowhere").error().message());
    EXPECT_EQ("17@" + *scope_one, run_mark(17, *scope_one));
}

}  // namespace
}  // namespace superd::os
