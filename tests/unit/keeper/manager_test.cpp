#include "keeper/manager.hpp"

#include "os/clock.hpp"
#include "os/message.hpp"
#include "os/process.hpp"
#include "superd.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include <gtest/gtest.h>

namespace superd::test {
namespace {

using keeper::Kind;
using keeper::Phase;

// A socket for what superd tells its service manager.
class Notified {
public:
    explicit Notified(bool abstract = false) {
        const std::string path = place_ / "notify";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path + (abstract ? 1 : 0), path.data(), path.size());
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                                 (abstract ? 1 : 0));
        socket_ = os::Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        EXPECT_EQ(0, ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size));
        variable = "NOTIFY_SOCKET=" + (abstract ? "@" + path : path);
    }

    std::string next() {
        pollfd readable{socket_.get(), POLLIN, 0};
        EXPECT_EQ(1, ::poll(&readable, 1, static_cast<int>(patience_ns / 1'000'000)));
        std::array<char, 4096> bytes;
        const auto got =
            os::receive_message(socket_.get(), std::as_writable_bytes(std::span{bytes}));
        return got ? std::string{bytes.data(), got->bytes} : std::string{};
    }
    bool silent_for(int milliseconds) const {
        pollfd readable{socket_.get(), POLLIN, 0};
        return ::poll(&readable, 1, milliseconds) == 0;
    }

    std::string variable;

private:
    Scratch place_;
    os::Fd socket_;
};

keeper::Message condition(Phase phase, const char* text, int stop_ms = 0) {
    keeper::Message message = named(Kind::condition, text);
    message.value = static_cast<int>(phase);
    message.stop_ms = stop_ms;
    return message;
}

class ByAddress : public ::testing::TestWithParam<bool> {};

TEST_P(ByAddress, TheManagerHearsWhatTheSupervisorSays) {
    Notified notified{GetParam()};
    Superd superd{{.environment = {notified.variable}}};
    Puppet supervisor = superd.supervisor();
    EXPECT_EQ(keeper::managed, supervisor.greet().manager);
    EXPECT_TRUE(notified.silent_for(0)) << "nothing serves yet";
    supervisor.say(condition(Phase::serving, "0 of 2 units up"));
    EXPECT_EQ("READY=1\nSTATUS=0 of 2 units up\n", notified.next());
    const std::int64_t before = os::monotonic_now();
    supervisor.say(condition(Phase::reloading, "0 of 2 units up"));
    const std::string reloading = notified.next();
    ASSERT_TRUE(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << reloading;
    const auto at = std::stoll(reloading.substr(27));
    EXPECT_LE(before / 1000, at);
    EXPECT_GE(os::monotonic_now() / 1000, at);
    supervisor.say(condition(Phase::serving, "2 of 2 units up"));
    EXPECT_EQ("READY=1\nSTATUS=2 of 2 units up\n", notified.next());
    supervisor.say(condition(Phase::stopping, "2 of 2 units up", 45'000));
    EXPECT_EQ("STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000\n", notified.next());
}

INSTANTIATE_TEST_SUITE_P(Manager, ByAddress, ::testing::Bool());

TEST(Manager, ItsVariablesAreForTheKeeperAlone) {
    Notified notified;
    Superd superd{{.environment = {notified.variable, "WATCHDOG_USEC=60000000", "FDSTORE=100",
                                   "LISTEN_FDS=0", "LISTEN_PID=1", "LISTEN_FDNAMES="}}};
    Puppet supervisor = superd.supervisor();
    EXPECT_EQ(keeper::managed | keeper::parks, supervisor.greet().manager);
    for (const char* const name :
         {"NOTIFY_SOCKET", "WATCHDOG_USEC", "FDSTORE", "LISTEN_FDS", "LISTEN_PID"}) {
        EXPECT_FALSE(os::process_environment(supervisor.pid(), name).has_value()) << name;
    }
    EXPECT_TRUE(os::process_environment(supervisor.pid(), "PATH").has_value());
}

TEST(Manager, WithoutOneNothingIsManaged) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    EXPECT_EQ(0, supervisor.greet().manager);
    supervisor.say(condition(Phase::serving, "all is well"));
    supervisor.fetch("nothing");
}

TEST(Manager, AnAddressThatIsNoneIsSaid) {
    Superd superd{{.environment = {"NOTIFY_SOCKET=vsock:2:1234"}}};
    EXPECT_EQ(0, superd.supervisor().greet().manager);
    EXPECT_TRUE(superd.says("NOTIFY_SOCKET is \"vsock:2:1234\"; expected a path or an abstract"));
}

TEST(Watchdog, IsFedByHalvesOfItsTime) {
    Notified notified;
    Superd superd{{.environment = {notified.variable, "WATCHDOG_USEC=200000"}}};
    superd.supervisor().greet();
    // Those that came while the supervisor was started are read in a row. What is sent after
    // `begin`, at which none waits, cannot be closer together than superd sends it.
    std::int64_t begin = os::monotonic_now();
    for (; !notified.silent_for(0); begin = os::monotonic_now()) {
        EXPECT_EQ("WATCHDOG=1\n", notified.next());
    }
    for (int i = 0; i < 5; ++i) EXPECT_EQ("WATCHDOG=1\n", notified.next());
    const std::int64_t took = os::monotonic_now() - begin;
    EXPECT_GE(took, 400'000'000) << "more often than is asked for";
}

TEST(Watchdog, OfAnotherProcessIsNotFed) {
    Notified notified;
    Superd superd{{.environment = {notified.variable, "WATCHDOG_USEC=20000", "WATCHDOG_PID=1"}}};
    superd.supervisor().greet();
    EXPECT_TRUE(notified.silent_for(100));
}

TEST(Watchdog, StarvesWhenNoSupervisorCanBeStarted) {
    Notified notified;
    Superd superd{{.environment = {notified.variable, "WATCHDOG_USEC=100000"},
                   .supervisor_script = "exit 1"}};
    std::string heard;
    while (heard.find("STATUS=") == std::string::npos) heard = notified.next();
    EXPECT_EQ("STATUS=the supervisor cannot be started; the services run on\n", heard);
    EXPECT_TRUE(notified.silent_for(300));
}

TEST(Detaching, LeavesTheServicesRunning) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const pid_t service = supervisor.start("exec sleep 1000");
    superd.signal(SIGUSR2);
    const keeper::Message told = supervisor.hear();
    EXPECT_EQ(Kind::signalled, told.kind);
    EXPECT_EQ(SIGUSR2, told.value);
    supervisor.say_at_last({.kind = Kind::finished, .value = 0, .code = 1});
    EXPECT_EQ(0, superd.wait());
    EXPECT_EQ(0, ::kill(service, 0));
    EXPECT_TRUE(std::filesystem::exists(superd.runtime() + "/control.sock"));
}

TEST(Detaching, ASupervisorThatDiesMeanwhileIsNotReplaced) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    superd.signal(SIGUSR2);
    EXPECT_EQ(Kind::signalled, supervisor.hear().kind);
    supervisor.kill();
    EXPECT_EQ(0, superd.wait());
}

TEST(Detaching, IsRefusedWhileSuperdStops) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    superd.signal(SIGTERM);
    EXPECT_EQ(SIGTERM, supervisor.hear().value);
    superd.signal(SIGUSR2);
    EXPECT_TRUE(superd.says("cannot leave the services running: superd is stopping them"));
}

TEST(Detaching, IsRefusedByProcess1) {
    if (::getuid() != 0) GTEST_SKIP() << "needs a PID namespace";
    Superd superd{{.before = {"/usr/bin/unshare", "--pid", "--fork", "--"}}};
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const auto children = os::children_of(superd.pid());
    ASSERT_EQ(1u, children.size()) << "superd is below unshare";
    ::kill(children[0], SIGUSR2);
    EXPECT_TRUE(superd.says("cannot leave the services running: superd is process 1"));
    supervisor.fetch("nothing");
}

}  // namespace
}  // namespace superd::test
