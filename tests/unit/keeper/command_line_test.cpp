#include "os/file.hpp"
#include "os/socket.hpp"
#include "superd.hpp"
#include "tests/unit/places.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace superd::test {
namespace {

// superd with parts that say what they were told, and end. The supervisor ends
// superd by asking for it to stop, so that a wrong start cannot linger.
class Installed {
public:
    Installed() {
        std::filesystem::copy_file(places::superd(), place_ / "superd");
        part("superd-supervisor",
             "echo \"$@\" > " + (place_ / "words") + "; kill -TERM $PPID; exit 1");
        part("superd-logger", "exec sleep 1000");
    }
    void part(const std::string& name, const std::string& script) const {
        EXPECT_TRUE(os::write_file(place_ / name, "#!/bin/sh\n" + script + "\n", 0755).has_value());
    }
    const Scratch& place() const { return place_; }
    std::string words() const { return os::read_file(place_ / "words", 10'000).value_or(""); }

    Ran operator()(std::vector<std::string> arguments, std::vector<std::string> env = {}) const {
        arguments.insert(arguments.begin(), place_ / "superd");
        env.push_back("PATH=/usr/bin:/bin");
        return run(arguments, env, place_.path());
    }

private:
    Scratch place_;
};

TEST(CommandLine, RefusesWhatItDoesNotKnowAndSuggests) {
    const Installed superd;
    const auto refused = [&](const std::vector<std::string>& words) {
        const Ran ran = superd(words);
        EXPECT_EQ(64, ran.status) << ran.output;
        return ran.output;
    };
    EXPECT_EQ(
        "superd: cannot use --confg: there is no such option; did you mean --config? "
        "try superd --help\n",
        refused({"--confg", "x"}));
    EXPECT_EQ("superd: cannot use --elephant: there is no such option; try superd --help\n",
              refused({"--elephant=1"}));
    EXPECT_EQ("superd: cannot use \"start\": superd takes options only; try superd --help\n",
              refused({"start"}));
    EXPECT_EQ("superd: cannot use --config: it needs a directory, as in --config DIR\n",
              refused({"--config"}));
    EXPECT_EQ("superd: cannot use --user=yes: --user takes no value\n", refused({"--user=yes"}));
    EXPECT_EQ("superd: cannot use --config: the directory is empty\n", refused({"--config="}));
    EXPECT_EQ("superd: cannot use --state-dir: the directory is too long\n",
              refused({"--state-dir", "/" + std::string(5000, 'x')}));
    EXPECT_EQ("superd: cannot use --json: it goes with --check only\n", refused({"--json"}));
    EXPECT_EQ("superd: cannot use --profile: it needs a name, as in --profile NAME\n",
              refused({"--profile"}));
    EXPECT_EQ("superd: cannot use --profile: the name is empty\n", refused({"--profile="}));
    EXPECT_EQ(
        "superd: cannot use --profile p: 8 profiles at most can be named; name more in "
        "superd.toml\n",
        refused(std::vector<std::string>(9, "--profile=p")));
}

TEST(CommandLine, HelpsAndTellsItsVersion) {
    const Installed superd;
    const Ran help = superd({"--help"});
    EXPECT_EQ(0, help.status);
    for (const char* word :
         {"--config DIR", "--profile NAME", "--runtime-dir DIR", "--state-dir DIR", "--log-dir DIR",
          "--user", "--check", "--json", "--version", "75"}) {
        EXPECT_NE(std::string::npos, help.output.find(word)) << word;
    }
    EXPECT_EQ("superd " SUPERD_VERSION "\n", superd({"--version"}).output);
}

TEST(CommandLine, ChecksByTheSupervisor) {
    const Installed superd;
    superd.part("superd-supervisor", "echo \"$@\"; exit 3");
    const Ran ran = superd({"--check", "--config", "conf"});
    EXPECT_EQ(3, ran.status);
    EXPECT_EQ("--check --config " + (superd.place() / "conf") + "\n", ran.output);
    EXPECT_EQ("--check --config /etc/superd --json\n", superd({"--check", "--json"}).output);
    EXPECT_EQ("--check --config /etc/superd --profile prod --profile eu --json\n",
              superd({"--check", "--profile", "prod", "--json", "--profile=eu"}).output);
}

TEST(CommandLine, TakesDirectoriesFromTheEnvironment) {
    const Installed superd;
    const std::string base = superd.place().path();
    superd({"--config=c"},
           {"CONFIGURATION_DIRECTORY=/nowhere", "RUNTIME_DIRECTORY=" + base + "/run:/other",
            "STATE_DIRECTORY=" + base + "/state", "LOGS_DIRECTORY=" + base + "/logs"});
    EXPECT_EQ("--config " + base + "/c --runtime-dir " + base + "/run --state-dir " + base +
                  "/state --log-dir " + base + "/logs\n",
              superd.words());
    superd({"--state-dir=s", "--log-dir=l"},
           {"SUPERD_RUNTIME_DIR=" + base + "/mine", "RUNTIME_DIRECTORY=" + base + "/run"});
    EXPECT_EQ("--config /etc/superd --runtime-dir " + base + "/mine --state-dir " + base +
                  "/s --log-dir " + base + "/l\n",
              superd.words());
}

TEST(CommandLine, UsesTheUsersDirectories) {
    const Installed superd;
    const std::string base = superd.place().path();
    superd({"--user"}, {"HOME=" + base + "/home", "XDG_RUNTIME_DIR=" + base + "/xdg"});
    EXPECT_EQ("--config " + base + "/home/.config/superd --runtime-dir " + base +
                  "/xdg/superd --state-dir " + base + "/home/.local/state/superd --log-dir " +
                  base + "/home/.local/state/superd/log --user\n",
              superd.words());
    const Ran lost = superd({"--user"}, {"XDG_RUNTIME_DIR=" + base + "/xdg"});
    EXPECT_EQ(78, lost.status);
    EXPECT_EQ(
        "superd: cannot tell where the configuration belongs: HOME is not set; "
        "set it or give --config DIR\n",
        lost.output);
}

TEST(CommandLine, MakesItsDirectories) {
    const Installed superd;
    const std::string base = superd.place().path();
    superd({"--runtime-dir", "a/b/run", "--state-dir", "a/state", "--log-dir", "a/log"});
    const auto mode = [&](const std::string& path) {
        struct stat status{};
        EXPECT_EQ(0, ::stat((base + path).c_str(), &status)) << path;
        return status.st_mode & 07777;
    };
    EXPECT_EQ(0755u, mode("/a/b/run"));
    EXPECT_EQ(0700u, mode("/a/b/run/log"));
    EXPECT_EQ(0700u, mode("/a/state"));
    EXPECT_EQ(0750u, mode("/a/log"));
}

TEST(CommandLine, SaysWhichDirectoryItCannotMake) {
    const Installed superd;
    const std::string base = superd.place().path();
    ASSERT_TRUE(os::write_file(base + "/file", "", 0600).has_value());
    const Ran blocked = superd({"--runtime-dir", base + "/file/run"});
    EXPECT_EQ(73, blocked.status);
    EXPECT_EQ("superd: cannot create " + base +
                  "/file/run: Not a directory; choose another with --runtime-dir\n",
              blocked.output);
    const Ran too_long = superd({"--runtime-dir", base + "/" + std::string(100, 'x'), "--state-dir",
                                 "s", "--log-dir", "l"});
    EXPECT_EQ(73, too_long.status);
    EXPECT_NE(std::string::npos, too_long.output.find("may have 107 bytes")) << too_long.output;
}

TEST(CommandLine, SaysWhichPartIsMissing) {
    const Installed superd;
    std::filesystem::remove(superd.place() / "superd-logger");
    const Ran ran = superd({"--runtime-dir", "r", "--state-dir", "s", "--log-dir", "l"});
    EXPECT_EQ(72, ran.status);
    EXPECT_NE(std::string::npos, ran.output.find("superd: cannot find superd-logger: "))
        << ran.output;
}

TEST(CommandLine, FindsItsPartsInLibexec) {
    const Installed superd;
    const std::string base = superd.place().path();
    std::filesystem::create_directories(base + "/usr/bin");
    std::filesystem::create_directories(base + "/usr/libexec/superd");
    std::filesystem::rename(base + "/superd", base + "/usr/bin/superd");
    for (const char* part : {"superd-supervisor", "superd-logger"}) {
        std::filesystem::rename(base + "/" + part, base + "/usr/libexec/superd/" + part);
    }
    const Ran ran =
        run({base + "/usr/bin/superd", "--runtime-dir", "r", "--state-dir", "s", "--log-dir", "l"},
            {"PATH=/usr/bin:/bin"}, base);
    EXPECT_EQ(70, ran.status) << ran.output;
    EXPECT_NE("", superd.words());
}

TEST(Lock, KeepsASecondSuperdOut) {
    Superd first;
    const Puppet supervisor = first.supervisor();
    const Ran second = run({first.program(), "--runtime-dir", first.runtime(), "--state-dir",
                            first.place() / "s", "--log-dir", first.place() / "l"},
                           {});
    EXPECT_EQ(75, second.status);
    EXPECT_EQ("superd: cannot start: another superd (pid " + std::to_string(first.pid()) +
                  ") runs in " + first.runtime() + "; stop it or give another --runtime-dir\n",
              second.output);
    EXPECT_TRUE(
        os::connect_unix(os::SocketType::stream, first.runtime() + "/control.sock").has_value())
        << "the second one took the first one's socket away";
}

// Whoever may read a file may do that.
TEST(Lock, IsNotTakenByWhoeverFlocksTheFile) {
    Superd superd{{.start = false}};
    std::filesystem::create_directories(superd.runtime());
    const std::string path = superd.runtime() + "/lock";
    const os::Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
    ASSERT_EQ(0, ::flock(file.get(), LOCK_EX));
    superd.start();
    const Puppet supervisor = superd.supervisor();
    EXPECT_NE(0, supervisor.pid());
    struct stat status{};
    ASSERT_EQ(0, ::fstat(file.get(), &status));
    EXPECT_EQ(0600u, status.st_mode & 07777) << "nobody else can open it from now on";
}

// One of before this lock has nothing else.
TEST(Lock, OfASuperdThatHasOnlyFlockedItCounts) {
    Superd other;
    const Puppet supervisor = other.supervisor();
    const Scratch place;
    const std::string path = place / "lock";
    const os::Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
    ASSERT_EQ(0, ::flock(file.get(), LOCK_EX));
    std::ofstream{path} << other.pid() << '\n';
    const Ran second = run({other.program(), "--runtime-dir", place.path(), "--state-dir",
                            place / "s", "--log-dir", place / "l"},
                           {});
    EXPECT_EQ(75, second.status);
    EXPECT_NE(std::string::npos,
              second.output.find("another superd (pid " + std::to_string(other.pid()) + ")"))
        << second.output;
}

TEST(Lock, OfSomebodyElseIsNotToldAsASuperds) {
    Superd superd;
    const Scratch place;
    const std::string path = place / "lock";
    const os::Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    struct flock all{};
    all.l_type = F_WRLCK;
    ASSERT_EQ(0, ::fcntl(file.get(), F_OFD_SETLK, &all));
    std::ofstream{path} << ::getpid() << '\n';
    const Ran second = run({superd.program(), "--runtime-dir", place.path(), "--state-dir",
                            place / "s", "--log-dir", place / "l"},
                           {});
    EXPECT_EQ(75, second.status);
    EXPECT_EQ("superd: cannot start: " + path +
                  " is locked, and not by the superd that it names; end what `fuser " + path +
                  "` shows, or give another --runtime-dir\n",
              second.output);
}

TEST(Lock, EndsWithItsHolderHoweverThatDied) {
    Superd superd;
    const Puppet first = superd.supervisor();  // One that is let go ends.
    superd.crash();
    superd.start();
    Puppet second = superd.supervisor();
    second.greet();
    EXPECT_EQ("", superd.said()) << "stale sockets are no reason to complain";
}

}  // namespace
}  // namespace superd::test
