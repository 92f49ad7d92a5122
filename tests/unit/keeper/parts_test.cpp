#include "os/file.hpp"
#include "os/process.hpp"
#include "os/socket.hpp"
#include "superd.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace superd::test {
namespace {

using keeper::Kind;
using keeper::Message;

// The descriptors that a process has open, as "0 1 2 5".
std::string open_descriptors(pid_t pid) {
    std::vector<int> numbers;
    const std::string path = "/proc/" + std::to_string(pid) + "/fd";
    for (const auto& each : std::filesystem::directory_iterator{path}) {
        numbers.push_back(std::stoi(each.path().filename()));
    }
    std::ranges::sort(numbers);
    std::string text;
    for (const int each : numbers) text += std::to_string(each) + " ";
    return text;
}

std::string notify_name(const Superd& superd) {
    std::string name;
    std::ifstream{superd.runtime() + "/notify.path"} >> name;
    return name;
}

TEST(Parts, AreGivenTheirWordsAndDescriptors) {
    Superd superd;
    const Puppet supervisor = superd.supervisor();
    const Puppet logger = superd.logger();
    EXPECT_EQ((std::vector<std::string>{superd.place() / "superd-supervisor", "--config",
                                        superd.place() / "c", "--runtime-dir", superd.runtime(),
                                        "--state-dir", superd.place() / "s", "--log-dir",
                                        superd.place() / "l"}),
              supervisor.words());
    EXPECT_EQ((std::vector<std::string>{superd.place() / "superd-logger", "--runtime-dir",
                                        superd.runtime(), "--log-dir", superd.place() / "l"}),
              logger.words());
    // The last of each is the puppet's string.
    EXPECT_EQ("0 1 2 3 4 5 6 ", open_descriptors(supervisor.pid()));
    EXPECT_EQ("0 1 2 3 4 ", open_descriptors(logger.pid()));
    rlimit ours{}, theirs{};
    ASSERT_EQ(0, ::getrlimit(RLIMIT_NOFILE, &ours));
    ASSERT_EQ(0, ::prlimit(supervisor.pid(), RLIMIT_NOFILE, nullptr, &theirs));
    EXPECT_EQ(ours.rlim_max, theirs.rlim_cur);
    EXPECT_EQ(std::to_string(ours.rlim_cur),
              os::process_environment(supervisor.pid(), "SUPERD_OPEN_FILES"));
    EXPECT_EQ(supervisor.pid(), os::process_stat(supervisor.pid())->session);
    for (const auto& [name, type] : {std::pair{"/control.sock", os::SocketType::stream},
                                     std::pair{"/logger.sock", os::SocketType::seqpacket}}) {
        EXPECT_TRUE(os::connect_unix(type, superd.runtime() + name).has_value()) << name;
    }
    const std::string notify = superd.runtime() + "/" + notify_name(superd);
    EXPECT_TRUE(os::connect_unix(os::SocketType::datagram, notify).has_value()) << notify;
}

TEST(TheNotifySocket, HasANameThatNobodyElseCanFindOut) {
    Superd superd;
    const Puppet supervisor = superd.supervisor();  // By then it is there.
    const std::string name = notify_name(superd);
    EXPECT_EQ(29u, name.size()) << name;
    struct stat directory{}, socket{}, path{};
    ASSERT_EQ(0, ::stat((superd.runtime() + "/notify").c_str(), &directory));
    EXPECT_EQ(0711u, directory.st_mode & 07777) << "who knows a name may reach it; none may look";
    ASSERT_EQ(0, ::stat((superd.runtime() + "/" + name).c_str(), &socket));
    EXPECT_EQ(0666u, socket.st_mode & 07777);
    ASSERT_EQ(0, ::stat((superd.runtime() + "/notify.path").c_str(), &path));
    EXPECT_EQ(0600u, path.st_mode & 07777);
    // There everybody sees the name that a socket was bound by.
    std::ifstream all{"/proc/net/unix"};
    const std::string shown{std::istreambuf_iterator<char>{all}, {}};
    EXPECT_NE(std::string::npos, shown.find(superd.runtime() + "/control.sock"));
    EXPECT_EQ(std::string::npos, shown.find(name.substr(name.find('/') + 1)));
}

// Services of a superd that is gone write there still.
TEST(TheNotifySocket, HasTheSameNameAfterwards) {
    Superd superd;
    const Puppet first = superd.supervisor();
    const std::string name = notify_name(superd);
    superd.crash();
    superd.start();
    const Puppet second = superd.supervisor();
    EXPECT_EQ(name, notify_name(superd));
    const std::string path = superd.runtime() + "/" + name;
    EXPECT_TRUE(os::connect_unix(os::SocketType::datagram, path).has_value()) << path;
}

TEST(TheNotifySocket, StaysWhereASuperdOfBeforeHadIt) {
    Superd superd{{.start = false}};
    std::filesystem::create_directories(superd.runtime());
    std::ofstream{superd.runtime() + "/notify.sock"};
    superd.start();
    const Puppet supervisor = superd.supervisor();
    EXPECT_TRUE(
        os::connect_unix(os::SocketType::datagram, superd.runtime() + "/notify.sock").has_value());
}

TEST(Parts, AreWelcomedWithWhoIsWho) {
    Superd superd;
    const Puppet logger = superd.logger();
    Puppet supervisor = superd.supervisor();
    const Message welcome = supervisor.greet();
    EXPECT_EQ(superd.pid(), welcome.pid);
    EXPECT_EQ(logger.pid(), welcome.logger_pid);
    EXPECT_EQ(0, welcome.value);
    EXPECT_EQ(0, welcome.code);
    EXPECT_EQ(0, welcome.last_end);
    EXPECT_LE(welcome.since_ns, welcome.supervisor_ns);
    EXPECT_LE(welcome.since_ns, welcome.logger_ns);
    EXPECT_GT(welcome.since_ns, 0);
}

// One that lived for a second is no failure, and the next comes at once: whether that is so on a
// machine that is busy, only superd can say.
bool all_were_brief(const Superd& superd) {
    std::size_t ends = 0, brief = 0;
    const std::string said = superd.said();
    for (std::size_t at = 0; (at = said.find("; starting another", at)) != said.npos; ++at) {
        ++ends;
        const std::size_t after = said.rfind(" after ", at);
        if (said.compare(after, 9, " after 0.") == 0) ++brief;
    }
    return ends == brief;
}

TEST(Parts, ComeBackAndTheServicesStay) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    const pid_t service = first.start("sleep 1000");
    first.end(3);
    EXPECT_TRUE(superd.says("superd: supervisor (pid " + std::to_string(first.pid()) +
                            ") ended with status 3 after "));
    EXPECT_TRUE(superd.says("starting another (restart 1)"));
    Puppet second = superd.supervisor();
    const Message welcome = second.greet();
    EXPECT_EQ(1, welcome.code);
    EXPECT_EQ(3, WEXITSTATUS(welcome.last_end));
    second.kill();
    EXPECT_TRUE(superd.says("was killed by SIGKILL after "));
    EXPECT_TRUE(superd.says("(restart 2)"));
    if (all_were_brief(superd)) {
        EXPECT_TRUE(superd.says("starting another in 0.1 s (restart 2)")) << superd.said();
    }
    Puppet third = superd.supervisor();
    EXPECT_EQ(SIGKILL, third.greet().last_end);
    EXPECT_EQ(superd.pid(), os::process_stat(service)->parent);
    EXPECT_NE('Z', os::process_stat(service)->state);
}

TEST(Parts, ANewLoggerIsToldOf) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    Puppet first = superd.logger();
    supervisor.greet();
    first.kill();
    const Message message = supervisor.hear();
    EXPECT_EQ(Kind::logger, message.kind);
    EXPECT_EQ(1, message.value);
    EXPECT_EQ(superd.logger().pid(), message.pid);
}

TEST(Parts, DieWithSuperdAndTheServicesDoNot) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    const Puppet logger = superd.logger();
    supervisor.greet();
    const pid_t service = supervisor.start("sleep 1000");
    superd.crash();
    // Now they are our children.
    for (const pid_t part : {supervisor.pid(), logger.pid()}) {
        int status = 0;
        EXPECT_EQ(part, ::waitpid(part, &status, 0));
        EXPECT_EQ(SIGKILL, WTERMSIG(status));
    }
    EXPECT_NE('Z', os::process_stat(service)->state);
    superd.start();
    Puppet next = superd.supervisor();
    EXPECT_EQ(0, next.greet().code);
}

TEST(Parts, WhoseProgramIsGoneAreTriedAgain) {
    Superd superd;
    Puppet first = superd.supervisor();
    const std::string program = superd.place() / "superd-supervisor";
    std::filesystem::rename(program, program + ".away");
    first.kill();
    EXPECT_TRUE(superd.says("cannot start the supervisor: exec " + program +
                            ": No such file or directory; trying again in 0."));
    superd.signal(SIGHUP);
    std::filesystem::rename(program + ".away", program);
    Puppet second = superd.supervisor();
    second.greet();
    const Message message = second.hear();
    EXPECT_EQ(Kind::signalled, message.kind) << "it was remembered";
    EXPECT_EQ(SIGHUP, message.value);
}

TEST(Heartbeat, MissedByAStoppedSupervisorGetsItReplaced) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    const pid_t service = first.start("sleep 1000");
    first.say({.kind = Kind::beat, .value = 10'000});
    // Its time begins when superd hears of it: not before it stands still.
    superd.signal(SIGSTOP);
    first.say({.kind = Kind::beat, .value = 300});
    ::kill(first.pid(), SIGSTOP);
    superd.signal(SIGCONT);
    Puppet second = superd.supervisor();
    EXPECT_EQ(SIGKILL, second.greet().last_end);
    EXPECT_NE(std::string::npos,
              superd.said().find("superd: supervisor (pid " + std::to_string(first.pid()) +
                                 ") has not answered for 0.3 s; killing it"))
        << superd.said();
    EXPECT_NE('Z', os::process_stat(service)->state);
}

TEST(Heartbeat, MissedByABusySupervisorAbortsIt) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    first.say_at_last({.kind = Kind::beat, .value = 50});
    Puppet second = superd.supervisor();
    EXPECT_EQ(SIGABRT, WTERMSIG(second.greet().last_end));
}

TEST(Heartbeat, IsNotMissedWhileSuperdItselfStoodStill) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    // Long enough for all that has to be done before superd stands still, and after.
    supervisor.say({.kind = Kind::beat, .value = 2'000});
    supervisor.fetch("nothing");
    superd.signal(SIGSTOP);
    // Longer than the deadline and the second by which superd knows that it overslept.
    timespec time{3, 300'000'000};
    ::nanosleep(&time, nullptr);
    superd.signal(SIGCONT);
    supervisor.fetch("nothing");
    supervisor.say({.kind = Kind::beat, .value = 60'000});
    supervisor.fetch("nothing");
    EXPECT_EQ(std::string::npos, superd.said().find("has not answered")) << superd.said();
}

TEST(Link, ClosedByALivingSupervisorGetsItReplaced) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    first.close_link();
    Puppet second = superd.supervisor();
    EXPECT_EQ(SIGKILL, second.greet().last_end);
}

TEST(Link, OfAnotherVersionIsRefused) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.say_at_last({.kind = Kind::hello, .value = 99});
    EXPECT_TRUE(superd.says("it speaks protocol 99, this superd " +
                            std::to_string(keeper::protocol_version) + "; restart superd"));
    Puppet second = superd.supervisor();
    second.greet();
}

TEST(Link, WithNonsenseOnItGoesOn) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    supervisor.say({.kind = static_cast<Kind>(77)});
    supervisor.say({.kind = Kind::welcome});
    EXPECT_TRUE(superd.says("sent a message that superd does not know"));
    supervisor.fetch("nothing");
}

TEST(Signals, AreForwarded) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    for (const int number : {SIGHUP, SIGUSR1, SIGINT, SIGTERM}) {
        superd.signal(number);
        const Message message = supervisor.hear();
        EXPECT_EQ(Kind::signalled, message.kind);
        EXPECT_EQ(number, message.value);
    }
}

TEST(Signals, ThatAskToStopAreToldToTheNextSupervisorToo) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    superd.signal(SIGHUP);
    EXPECT_EQ(SIGHUP, first.hear().value);
    superd.signal(SIGTERM);
    EXPECT_EQ(SIGTERM, first.hear().value);
    first.kill();
    Puppet second = superd.supervisor();
    second.greet();
    EXPECT_EQ(SIGTERM, second.hear().value) << "the reload was done, the stop was not";
}

TEST(Finish, EndsLoggerAndSuperdWithTheCode) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    const Puppet logger = superd.logger();
    supervisor.greet();
    supervisor.say({.kind = Kind::finished, .value = 7});
    supervisor.end(0);
    EXPECT_EQ(7, WEXITSTATUS(superd.wait()));
    EXPECT_TRUE(wait_until_gone(logger.pid()));
    EXPECT_FALSE(std::filesystem::exists(superd.runtime() + "/control.sock"));
    EXPECT_EQ("", superd.said()) << "an orderly end needs no words";
}

TEST(Finish, HoldsThoughItsSenderDiesAtOnce) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    const Puppet logger = superd.logger();
    supervisor.greet();
    superd.signal(SIGSTOP);
    supervisor.say({.kind = Kind::finished, .value = 7});
    ::kill(supervisor.pid(), SIGKILL);
    superd.signal(SIGCONT);
    EXPECT_EQ(7, WEXITSTATUS(superd.wait()));
}

TEST(Finish, DoesNotWaitForASupervisorThatStays) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    const Puppet logger = superd.logger();
    supervisor.greet();
    supervisor.say({.kind = Kind::finished, .value = 0});
    EXPECT_EQ(0, WEXITSTATUS(superd.wait()));
    EXPECT_TRUE(wait_until_gone(supervisor.pid()));
}

TEST(Finish, WithoutASupervisorLeavesTheServicesRunning) {
    Superd superd{{.supervisor_script = "sleep 1000 & exit 1"}};
    EXPECT_TRUE(superd.says("starting another"));
    superd.signal(SIGTERM);
    EXPECT_EQ(70, WEXITSTATUS(superd.wait()));
    EXPECT_NE(std::string::npos, superd.said().find("they run on")) << superd.said();
    EXPECT_NE(std::string::npos, superd.said().find("starting another in 0.4 s (restart "));
    EXPECT_FALSE(os::children_of(::getpid()).empty());
}

TEST(Finish, WithoutASupervisorEndsEverythingAsPid1) {
    if (::getuid() != 0) GTEST_SKIP() << "needs a PID namespace";
    const std::vector<std::string> before{"/usr/bin/unshare", "--pid", "--fork", "--"};
    Superd superd{{.supervisor_script = "sleep 1000 & exit 1", .before = before}};
    const Puppet logger = superd.logger();
    const auto children = os::children_of(superd.pid());
    ASSERT_EQ(1u, children.size()) << "superd is below unshare";
    ::kill(children[0], SIGTERM);
    EXPECT_EQ(70, WEXITSTATUS(superd.wait()));
    EXPECT_NE(std::string::npos, superd.said().find("sending SIGTERM to all")) << superd.said();
    EXPECT_EQ(std::string::npos, superd.said().find("SIGKILL")) << superd.said();
}

}  // namespace
}  // namespace superd::test
