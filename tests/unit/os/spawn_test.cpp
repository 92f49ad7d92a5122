#include "os/spawn.hpp"

#include "os/file.hpp"
#include "scratch.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

using test::Scratch;
using Step = SpawnError::Step;

SpawnPlan shell(const std::string& script) {
    SpawnPlan plan;
    plan.argv = {"/bin/sh", "-c", script};
    plan.env = {"PATH=/usr/bin:/bin"};
    plan.sibling = false;
    return plan;
}

int wait_for(pid_t pid) {
    int status = -1;
    EXPECT_EQ(pid, ::waitpid(pid, &status, 0));
    return status;
}

// Runs the plan with a file as its standard output and returns what it wrote.
std::string output_of(SpawnPlan plan) {
    const Scratch scratch;
    const std::string path = scratch / "out";
    const Fd out{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    plan.descriptors.push_back({out.get(), 1});
    const auto pid = spawn(plan, nullptr);
    EXPECT_TRUE(pid.has_value()) << pid.error().message;
    if (!pid) return "";
    EXPECT_EQ(0, wait_for(*pid));
    return read_file(path, 1 << 20).value();
}

void expect_no_child() {
    EXPECT_EQ(-1, ::waitpid(-1, nullptr, WNOHANG));
    EXPECT_EQ(ECHILD, errno);
}

SpawnError error_of(const SpawnPlan& plan) {
    const auto pid = spawn(plan, nullptr);
    EXPECT_FALSE(pid.has_value());
    if (pid) wait_for(*pid);
    expect_no_child();
    return pid ? SpawnError{} : pid.error();
}

TEST(Spawn, RunsTheProgramWithItsArgumentsAndOnlyItsEnvironment) {
    SpawnPlan plan = shell("echo $1; env");
    plan.argv.push_back("sh");
    plan.argv.push_back("two words");
    plan.env.push_back("COLOUR=dark green");
    const std::string output = output_of(plan);
    EXPECT_TRUE(output.starts_with("two words\n")) << output;
    EXPECT_NE(std::string::npos, output.find("COLOUR=dark green\n")) << output;
    EXPECT_EQ(std::string::npos, output.find("HOME=")) << output;
}

TEST(Spawn, TellsTheProcessItsOwnPid) {
    SpawnPlan plan = shell("test $FIRST = $$ && test $SECOND = $$ && echo same");
    plan.own_pid = {"FIRST", "SECOND"};
    EXPECT_EQ(output_of(plan), "same\n");
}

TEST(Spawn, StartsInItsDirectoryAndSessionWithItsUmask) {
    const Scratch scratch;
    SpawnPlan plan = shell("pwd; umask; cut -d' ' -f6 /proc/$$/stat; echo $$");
    plan.directory = scratch.path();
    plan.umask = 027;
    const std::string output = output_of(plan);
    const std::string start = scratch.path() + "\n0027\n";
    ASSERT_TRUE(output.starts_with(start)) << output;
    const std::string rest = output.substr(start.size());
    const auto end = rest.find('\n');
    EXPECT_EQ(rest.substr(0, end), rest.substr(end + 1, end)) << "it leads no session of its own";
}

TEST(Spawn, TellsOfAMissingProgram) {
    SpawnPlan plan = shell("");
    plan.argv = {"/nonexistent/program"};
    const SpawnError error = error_of(plan);
    EXPECT_EQ(Step::exec, error.step);
    EXPECT_EQ(ENOENT, error.error);
    EXPECT_EQ("exec \"/nonexistent/program\": No such file or directory", error.message);
}

TEST(Spawn, TellsOfAMissingInterpreter) {
    const Scratch scratch;
    const std::string path = scratch / "script";
    ASSERT_TRUE(write_file(path, "#!/nonexistent/python\n", 0755));
    SpawnPlan plan = shell("");
    plan.argv = {path};
    EXPECT_EQ("exec \"" + path + "\": the interpreter that it names is missing",
              error_of(plan).message);
}

TEST(Spawn, TellsOfAProgramThatIsNotExecutable) {
    const Scratch scratch;
    const std::string path = scratch / "data";
    ASSERT_TRUE(write_file(path, "text", 0644));
    SpawnPlan plan = shell("");
    plan.argv = {path};
    const SpawnError error = error_of(plan);
    EXPECT_EQ(Step::exec, error.step);
    EXPECT_EQ("exec \"" + path + "\": Permission denied", error.message);
}

TEST(Spawn, SearchesNoPath) {
    SpawnPlan plan = shell("");
    plan.directory = "/bin";
    plan.argv = {"sh"};
    const SpawnError error = error_of(plan);
    EXPECT_EQ(Step::exec, error.step);
    EXPECT_EQ(ENOENT, error.error);
    plan.argv = {};
    EXPECT_EQ(ENOENT, error_of(plan).error);
}

TEST(Spawn, TellsOfAMissingDirectory) {
    SpawnPlan plan = shell("");
    plan.directory = "/nonexistent/web";
    const SpawnError error = error_of(plan);
    EXPECT_EQ(Step::directory, error.step);
    EXPECT_EQ("chdir \"/nonexistent/web\": No such file or directory", error.message);
}

TEST(Spawn, TellsOfACgroupThatCannotBeJoined) {
    SpawnPlan plan = shell("");
    plan.cgroup_procs = "/nonexistent/cgroup.procs";
    const SpawnError error = error_of(plan);
    EXPECT_EQ(Step::cgroup, error.step);
    EXPECT_EQ("join cgroup \"/nonexistent/cgroup.procs\": No such file or directory",
              error.message);
}

TEST(Spawn, TellsOfADescriptorThatIsNotOpen) {
    SpawnPlan plan = shell("");
    plan.descriptors = {{9999, 3}};
    const SpawnError error = error_of(plan);
    EXPECT_EQ(Step::descriptors, error.step);
    EXPECT_EQ("set up descriptor 3: Bad file descriptor", error.message);
    plan.descriptors = {{-1, 4}};
    EXPECT_EQ("set up descriptor 4: Bad file descriptor", error_of(plan).message);
}

TEST(Spawn, RefusesTwoDescriptorsForOnePlace) {
    SpawnPlan plan = shell("");
    plan.descriptors = {{0, 3}, {1, 3}};
    EXPECT_EQ("set up descriptor 3: Invalid argument", error_of(plan).message);
}

TEST(Spawn, TellsOfALimitThatCannotBeSet) {
    rlimit limit{};
    ASSERT_EQ(0, ::getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_max == RLIM_INFINITY) GTEST_SKIP() << "nothing is above an infinite limit";
    SpawnPlan plan = shell("");
    plan.open_files = limit.rlim_max + 1;
    const SpawnError error = error_of(plan);
    EXPECT_EQ(Step::limits, error.step);
    EXPECT_TRUE(error.message.starts_with("limit open files to ")) << error.message;
}

TEST(Spawn, SetsTheSoftLimitOfOpenFiles) {
    SpawnPlan plan = shell("ulimit -Sn");
    plan.open_files = 77;
    EXPECT_EQ("77\n", output_of(plan));
}

TEST(Spawn, ChangesUserGroupAndGroups) {
    if (::getuid() != 0) GTEST_SKIP() << "only root may";
    SpawnPlan plan = shell("id -u; id -g; id -G");
    plan.uid = 1234;
    plan.gid = 2345;
    plan.groups = {2345, 3456};
    EXPECT_EQ("1234\n2345\n2345 3456\n", output_of(plan));
}

TEST(Spawn, TellsOfAUserThatMayNotBecomeAnother) {
    if (::getuid() != 0) GTEST_SKIP() << "needs to drop root first";
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
        SpawnPlan plan = shell("");
        plan.uid = 0;
        const auto as_root = spawn(plan, nullptr);
        const bool groups = !as_root && as_root.error().step == Step::groups &&
                            as_root.error().message == "setgroups: Operation not permitted";
        plan.uid = static_cast<uid_t>(-1);
        plan.gid = 0;
        const auto as_group = spawn(plan, nullptr);
        const bool group = !as_group && as_group.error().step == Step::gid &&
                           as_group.error().message == "setgid 0: Operation not permitted";
        ::_exit(groups && group ? 0 : 1);
    }
    EXPECT_EQ(0, wait_for(child));
}

// All that is open in the child, by number and file, but for the pipe and the
// directory that the listing itself needs.
std::string open_files_of(SpawnPlan plan) {
    plan.argv[2] =
        "for f in 0 1 2 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$f; done | sed "
        "'s,^.*/,,'";
    return output_of(plan);
}

TEST(Spawn, ClosesWhatIsNotNamedAndGivesDevNull) {
    const Scratch scratch;
    const Fd leak{::open((scratch / "leak").c_str(), O_RDWR | O_CREAT, 0600)};
    ASSERT_TRUE(leak);
    const Fd named{::open((scratch / "named").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    SpawnPlan plan = shell("");
    plan.descriptors = {{named.get(), 5}};
    EXPECT_EQ("null\nout\nnull\nnamed\n", open_files_of(plan));
}

TEST(Spawn, RenumbersDescriptorsThatOverlap) {
    const Scratch scratch;
    std::vector<Fd> files;
    const auto open_at = [&](int number, const std::string& name) {
        const Fd fd{::open((scratch / name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
        ASSERT_EQ(number, ::dup3(fd.get(), number, O_CLOEXEC));
        files.emplace_back(number);
    };
    open_at(60, "a");
    open_at(61, "b");
    open_at(62, "c");
    SpawnPlan plan =
        shell("for f in 60 61 62 63; do readlink /proc/$$/fd/$f; done | sed 's,^.*/,,'");
    // A cycle of three, one that stays, and one that is given twice.
    plan.descriptors = {{61, 60}, {62, 61}, {60, 62}, {60, 63}};
    EXPECT_EQ("b\nc\na\na\n", output_of(plan));
    plan.descriptors = {{60, 60}, {61, 61}};
    EXPECT_EQ("a\nb\n", output_of(plan)) << "close-on-exec must go of those that stay in place";
}

TEST(Spawn, ResetsSignals) {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGUSR1, [](int) {});
    sigset_t mask, old;
    ::sigfillset(&mask);
    ::pthread_sigmask(SIG_BLOCK, &mask, &old);
    const std::string output = output_of(shell("exec grep Sig /proc/self/status"));
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, &old, &after);
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGUSR1, SIG_DFL);
    EXPECT_NE(std::string::npos, output.find("SigBlk:\t0000000000000000")) << output;
    EXPECT_NE(std::string::npos, output.find("SigIgn:\t0000000000000000")) << output;
    EXPECT_EQ(1, ::sigismember(&after, SIGTERM)) << "the caller's mask was not put back";
}

TEST(Spawn, StoresThePidInTheSlotEvenOfAChildThatFails) {
    pid_t slot = 0;
    const auto pid = spawn(shell("exit 7"), &slot);
    ASSERT_TRUE(pid.has_value());
    EXPECT_EQ(*pid, slot);
    EXPECT_EQ(7, WEXITSTATUS(wait_for(*pid)));
    slot = 0;
    SpawnPlan plan = shell("");
    plan.directory = "/nonexistent";
    EXPECT_FALSE(spawn(plan, &slot).has_value());
    EXPECT_GT(slot, 0);
}

TEST(Spawn, MakesASiblingWhenAsked) {
    void* const memory =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(MAP_FAILED, memory);
    auto* const slots = static_cast<pid_t*>(memory);
    const pid_t middle = ::fork();
    ASSERT_GE(middle, 0);
    if (middle == 0) {
        SpawnPlan plan = shell("exit 5");
        plan.sibling = true;
        const bool started = spawn(plan, &slots[0]).has_value();
        plan.directory = "/nonexistent";
        const bool failed = !spawn(plan, &slots[1]).has_value();
        ::_exit(started && failed ? 0 : 1);
    }
    EXPECT_EQ(0, wait_for(middle));
    EXPECT_EQ(5, WEXITSTATUS(wait_for(slots[0]))) << "it is not our child";
    EXPECT_EQ(127, WEXITSTATUS(wait_for(slots[1]))) << "the failed one is ours to reap";
    ::munmap(memory, 4096);
    expect_no_child();
}

TEST(Spawn, EndsAChildWithItsParentWhoeverThatIs) {
    void* const memory =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(MAP_FAILED, memory);
    auto* const slots = static_cast<pid_t*>(memory);
    ASSERT_EQ(0, ::prctl(PR_SET_CHILD_SUBREAPER, 1));
    const pid_t parent = ::fork();
    ASSERT_GE(parent, 0);
    if (parent == 0) {
        const pid_t middle = ::fork();
        if (middle == 0) {
            SpawnPlan plan = shell("exec sleep 1000");
            plan.parent_death_signal = SIGTERM;
            plan.sibling = true;
            const bool one = spawn(plan, &slots[0]).has_value();
            plan.sibling = false;
            const bool other = spawn(plan, &slots[1]).has_value();
            ::_exit(one && other ? 0 : 1);
        }
        int status = -1;
        ::waitpid(middle, &status, 0);
        ::_exit(WEXITSTATUS(status));
    }
    EXPECT_EQ(0, WEXITSTATUS(wait_for(parent)));
    for (const pid_t pid : {slots[0], slots[1]}) {
        const int status = wait_for(pid);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    ::munmap(memory, 4096);
    expect_no_child();
}

TEST(Spawn, KnowsWhichErrorsMayPass) {
    for (const int error : {EAGAIN, ENOMEM, EMFILE, ENFILE}) {
        EXPECT_TRUE(transient({Step::clone, error, ""}));
    }
    EXPECT_FALSE(transient({Step::exec, ENOENT, ""}));
}

}  // namespace
}  // namespace superd::os
