#include "keeper/held.hpp"
#include "superd.hpp"
#include "tests/unit/os/lingering.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include <gtest/gtest.h>

namespace superd::test {
namespace {

using keeper::Held;
using keeper::Kind;
using keeper::Message;

os::Fd open_null() { return os::Fd{::open("/dev/null", O_RDWR | O_CLOEXEC)}; }

ino_t inode(int fd) {
    struct stat status{};
    EXPECT_EQ(0, ::fstat(fd, &status));
    return status.st_ino;
}

struct Pipe {
    os::Fd read, write;
    Pipe() {
        int ends[2] = {-1, -1};
        EXPECT_EQ(0, ::pipe2(ends, O_CLOEXEC));
        read = os::Fd{ends[0]};
        write = os::Fd{ends[1]};
    }
};

TEST(Holding, OutlivesTheSupervisor) {
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    Pipe pipe;
    const ino_t file = inode(pipe.read.get());
    ASSERT_EQ(5, ::write(pipe.write.get(), "hello", 5));
    first.say(named(Kind::hold, "log.17"), {pipe.read.get(), pipe.write.get()});
    first.say(named(Kind::hold, "pidfd.18"), {pipe.read.get()});
    pipe = Pipe{};
    first.kill();

    Puppet second = superd.supervisor();
    second.greet();
    auto names = second.held();
    std::ranges::sort(names);
    EXPECT_EQ((std::vector<std::string>{"log.17", "pidfd.18"}), names);
    second.fetch("log.17");
    ASSERT_EQ(2u, second.heard_fds().size());
    EXPECT_EQ(file, inode(second.heard_fds()[0].get()));
    char text[8] = {};
    EXPECT_EQ(5, ::read(second.heard_fds()[0].get(), text, sizeof text));
    EXPECT_STREQ("hello", text);
    // They were duplicates: it still holds them.
    second.fetch("log.17");
    EXPECT_EQ(2u, second.heard_fds().size());
}

TEST(Holding, EndsWithRelease) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    Pipe pipe;
    supervisor.say(named(Kind::hold, "log.17"), {pipe.write.get()});
    supervisor.fetch("log.17");
    EXPECT_EQ(1u, supervisor.heard_fds().size());
    supervisor.say(named(Kind::release, "log.17"));
    supervisor.fetch("log.17");
    EXPECT_TRUE(supervisor.heard_fds().empty());
    pipe.write.reset();
    char byte = 0;
    EXPECT_EQ(0, ::read(pipe.read.get(), &byte, 1)) << "superd still has it open";
}

TEST(Holding, UnderANameAgainReplaces) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const Pipe one, two;
    supervisor.say(named(Kind::hold, "it"), {one.read.get()});
    supervisor.say(named(Kind::hold, "it"), {two.read.get()});
    supervisor.fetch("it");
    ASSERT_EQ(1u, supervisor.heard_fds().size());
    EXPECT_EQ(inode(two.read.get()), inode(supervisor.heard_fds()[0].get()));
}

TEST(Holding, OfThousandsIsListedToASlowReader) {
    constexpr int count = 3000;  // More than the link takes at once.
    constexpr rlim_t needed = count + 100;
    rlimit limit{};
    ASSERT_EQ(0, ::getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_max < needed) {
        GTEST_SKIP() << "superd needs " << needed << " open files to hold " << count
                     << " descriptors, and the hard limit is " << limit.rlim_max
                     << ": raise it with `ulimit -Hn`";
    }
    Superd superd;
    Puppet first = superd.supervisor();
    first.greet();
    const os::Fd null = open_null();
    for (int i = 0; i < count; ++i) {
        first.say(named(Kind::hold, "log." + std::to_string(i)), {null.get()});
    }
    first.kill();
    Puppet second = superd.supervisor();
    second.say({.kind = Kind::hello, .value = keeper::protocol_version});
    // An exit and a signal in the middle of it come after it.
    const pid_t pid = second.start("exit 0");
    superd.signal(SIGHUP);
    EXPECT_EQ(Kind::welcome, second.hear().kind);
    std::vector<std::string> names;
    Message message = second.hear();
    for (; message.kind == Kind::held; message = second.hear()) names.emplace_back(message.name);
    EXPECT_EQ(Kind::held_end, message.kind);
    std::ranges::sort(names);
    EXPECT_EQ(names.end(), std::ranges::adjacent_find(names)) << "a name is told twice";
    EXPECT_EQ(static_cast<std::size_t>(count), names.size());
    // Which of them is first depends on how much of the list the link took.
    Message after[] = {second.hear(), second.hear()};
    if (after[0].kind == Kind::exited) std::swap(after[0], after[1]);
    EXPECT_EQ(Kind::signalled, after[0].kind);
    EXPECT_EQ(Kind::exited, after[1].kind);
    EXPECT_EQ(pid, after[1].pid);
}

TEST(Holding, WithoutRoomSaysSo) {
    Superd superd;
    Puppet supervisor = superd.supervisor();
    supervisor.greet();
    const rlimit few{3, 20'000};
    ASSERT_EQ(0, ::prlimit(superd.pid(), RLIMIT_NOFILE, &few, nullptr));
    const os::Fd null = open_null();
    supervisor.say(named(Kind::hold, "log.17"), {null.get()});
    EXPECT_TRUE(superd.says("superd: cannot hold log.17: too many open files (limit 3); raise"));
    supervisor.fetch("log.17");
    EXPECT_TRUE(supervisor.heard_fds().empty());
    supervisor.say(named(Kind::hold, "log.18"));
    EXPECT_TRUE(superd.says("cannot hold \"log.18\": the supervisor sent no descriptor"));
}

// The table itself, against a map, through many growths and removals.
TEST(Held, AgreesWithAMap) {
    const auto held = std::make_unique<Held>();
    std::map<std::string, ino_t> model;
    std::mt19937 random{7};
    const os::Fd null = open_null();
    const os::Fd root{::open("/", O_RDONLY | O_CLOEXEC)};
    for (int step = 0; step < 60'000; ++step) {
        const std::string name = "log." + std::to_string(random() % 3000);
        // Grows for a while, then shrinks, and so on.
        const bool growing = step / 10'000 % 2 == 0;
        if (random() % 10 < (growing ? 7u : 3u)) {
            const int source = random() % 2 == 0 ? null.get() : root.get();
            os::Fd fds[] = {os::Fd{::fcntl(source, F_DUPFD_CLOEXEC, 3)}};
            ASSERT_TRUE(held->hold(name.c_str(), fds));
            model[name] = inode(source);
        } else {
            ASSERT_EQ(model.erase(name) == 1, held->release(name.c_str())) << name;
        }
        ASSERT_EQ(model.size(), held->size());
    }
    for (int i = 0; i < 3000; ++i) {
        const std::string name = "log." + std::to_string(i);
        const Held::Entry* const entry = held->find(name.c_str());
        ASSERT_EQ(model.contains(name), entry != nullptr) << name;
        if (entry == nullptr) continue;
        EXPECT_EQ(name, entry->name);
        EXPECT_EQ(model[name], inode(entry->fds[0]));
    }
    while (held->size() > 0) ASSERT_TRUE(held->release(held->at(0).name));
}

// Nobody reads what they sent: whoever waits for that waits longer than a test may take.
TEST(Held, WaitsForNobodyWhenItClosesWhatLingers) {
    const auto held = std::make_unique<Held>();
    Lingering first, second;
    ASSERT_TRUE(held->hold("fd.1", {&first.ours, 1}));
    ASSERT_TRUE(held->hold("fd.1", {&second.ours, 1}));
    EXPECT_TRUE(held->release("fd.1"));
}

TEST(Held, RefusesOneNameTooMany) {
    const auto held = std::make_unique<Held>();
    // Only the count matters here, and we may not have so many descriptors.
    for (std::size_t i = 0; i < Held::names_max; ++i) {
        ASSERT_TRUE(held->hold(std::to_string(i).c_str(), {}));
    }
    EXPECT_FALSE(held->hold("one more", {}));
    EXPECT_TRUE(held->hold("17", {})) << "a name that is there may be replaced";
    EXPECT_TRUE(held->release("17"));
    EXPECT_TRUE(held->hold("one more", {}));
    EXPECT_NE(nullptr, held->find("65535"));
    EXPECT_EQ(nullptr, held->find("17"));
}

}  // namespace
}  // namespace superd::test
