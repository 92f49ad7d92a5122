#include "os/file.hpp"
#include "os/process.hpp"
#include "superd.hpp"

#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace superd::test {
namespace {

using keeper::Kind;
using keeper::Message;

Message acknowledgement(pid_t pid, int count = 1) {
    return {.kind = Kind::acknowledge, .pid = pid, .value = count};
}

bool zombie(pid_t pid) {
    const auto stat = os::process_stat(pid);
    return stat && stat->state == 'Z';
}

void expect_exit(const Message& message, pid_t pid, int code, int status) {
    EXPECT_EQ(Kind::exited, message.kind);
    EXPECT_EQ(pid, message.pid);
    EXPECT_EQ(code, message.code);
    EXPECT_EQ(status, message.value);
}

TEST(Exits, AreToldAndReapedOnlyWhenAcknowledged) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const pid_t pid = supervisor.start("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 9");
    const Message message = supervisor.hear();
    expect_exit(message, pid, CLD_EXITED, 9);
    EXPECT_GT(message.cpu_us, 0);
    EXPECT_GT(message.rss_kib, 100);
    supervisor.fetch("nothing");  // Its answer proves that superd went on.
    EXPECT_TRUE(zombie(pid));
    supervisor.say(acknowledgement(pid));
    EXPECT_TRUE(wait_until_gone(pid));
}

TEST(Exits, BySignalTellTheSignal) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const pid_t pid = supervisor.start("kill -KILL $$");
    expect_exit(supervisor.hear(), pid, CLD_KILLED, SIGKILL);
}

// All exits that superd has told when it has nothing else to do.
std::vector<pid_t> told_by_now(Puppet& supervisor) {
    std::vector<pid_t> told;
    // The first answer may have been given before superd looked for exits.
    for (int answers = 0; answers < 2; ++answers) {
        supervisor.say(named(Kind::fetch, "nothing"));
        Message message = supervisor.hear();
        for (; message.kind == Kind::exited; message = supervisor.hear()) {
            told.push_back(message.pid);
        }
        EXPECT_EQ(Kind::fetched, message.kind);
    }
    return told;
}

TEST(Exits, OfManyAreToldAheadOfTheirAcknowledgementAndEachOnce) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    std::set<pid_t> waiting;
    for (int i = 0; i < 600; ++i) waiting.insert(supervisor.start("exit 3"));
    EXPECT_TRUE(eventually([&] { return std::ranges::all_of(waiting, zombie); }));
    std::size_t most = 0;
    while (!waiting.empty()) {
        const std::vector<pid_t> told = told_by_now(supervisor);
        ASSERT_FALSE(told.empty());
        for (const pid_t pid : told) {
            EXPECT_EQ(1u, waiting.erase(pid)) << pid << " is told twice";
            EXPECT_TRUE(zombie(pid));
        }
        most = std::max(most, told.size());
        supervisor.say(acknowledgement(told.back(), static_cast<int>(told.size())));
        EXPECT_TRUE(wait_until_gone(told.front()));
    }
    EXPECT_EQ(keeper::exits_ahead, most);
    EXPECT_EQ(std::string::npos, superd.said().find("acknowledged"));
}

TEST(Exits, AreAcknowledgedOnlyAsTheyWereTold) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const pid_t pid = supervisor.start("exit 9");
    expect_exit(supervisor.hear(), pid, CLD_EXITED, 9);
    for (const int count : {2, 0, -1, 257}) supervisor.say(acknowledgement(pid, count));
    supervisor.fetch("nothing");
    EXPECT_TRUE(superd.says("acknowledged pid " + std::to_string(pid)));
    EXPECT_TRUE(zombie(pid));
    supervisor.say(acknowledgement(pid));
    EXPECT_TRUE(wait_until_gone(pid));
}

TEST(Exits, AreToldAgainToTheNextSupervisor) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    const pid_t pid = first.start("exit 9");
    expect_exit(first.hear(), pid, CLD_EXITED, 9);
    first.kill();
    EXPECT_TRUE(zombie(pid));
    Puppet second = superd.supervisor();
    EXPECT_EQ(1, second.greet().code);
    expect_exit(second.hear(), pid, CLD_EXITED, 9);
    second.say(acknowledgement(pid));
    EXPECT_TRUE(wait_until_gone(pid));
}

TEST(Exits, ThatHappenWhileNoSupervisorListensWait) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    const pid_t pid = first.start("sleep 1000");
    first.kill();
    ::kill(pid, SIGUSR2);
    Puppet second = superd.supervisor();
    EXPECT_TRUE(eventually([&] { return zombie(pid); }));
    second.greet();
    expect_exit(second.hear(), pid, CLD_KILLED, SIGUSR2);
}

// The death of one that has unread messages resets the link, which must not
// cost what it had sent.
TEST(Exits, AcknowledgedWithTheLastBreathAreNotToldAgain) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    const pid_t pid = first.start("exit 9");
    expect_exit(first.hear(), pid, CLD_EXITED, 9);
    const pid_t other = first.start("exit 8");
    superd.signal(SIGHUP);  // Told, and never read.
    // superd is kept from seeing the acknowledgement until its sender is dead.
    superd.signal(SIGSTOP);
    first.say(acknowledgement(pid));
    ::kill(first.pid(), SIGKILL);
    superd.signal(SIGCONT);
    EXPECT_TRUE(wait_until_gone(first.pid()));
    EXPECT_TRUE(wait_until_gone(pid));
    Puppet second = superd.supervisor();
    second.greet();
    Message next = second.hear();
    if (next.kind == Kind::signalled) next = second.hear();
    expect_exit(next, other, CLD_EXITED, 8);
}

TEST(Exits, OfStrangersCannotBeAcknowledged) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const pid_t pid = supervisor.start("read line < /dev/zero");
    supervisor.say(acknowledgement(pid));
    EXPECT_TRUE(superd.says("acknowledged pid " + std::to_string(pid)));
    ::kill(pid, SIGKILL);
    expect_exit(supervisor.hear(), pid, CLD_KILLED, SIGKILL);
}

TEST(Exits, OfOrphansAreTold) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const std::string file = superd.place() / "orphan";
    const pid_t pid = supervisor.start("sleep 1000 & echo $! > " + file + "; exit 0");
    expect_exit(supervisor.hear(), pid, CLD_EXITED, 0);
    supervisor.say(acknowledgement(pid));
    const pid_t orphan = std::stoi(os::read_file(file, 100).value());
    EXPECT_EQ(superd.pid(), os::process_stat(orphan)->parent);
    ::kill(orphan, SIGTERM);
    expect_exit(supervisor.hear(), orphan, CLD_KILLED, SIGTERM);
}

}  // namespace
}  // namespace superd::test
