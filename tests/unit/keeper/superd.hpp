// A real superd whose supervisor and logger are puppets.
#pragma once

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "puppet.hpp"
#include "tests/unit/os/scratch.hpp"

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

namespace superd::test {

// The test's hand on one puppet.
class Puppet {
public:
    Puppet() = default;
    Puppet(os::Fd strings, std::vector<std::string> words, pid_t pid)
        : strings_{std::move(strings)}, words_{std::move(words)}, pid_{pid} {}

    pid_t pid() const { return pid_; }
    const std::vector<std::string>& words() const { return words_; }

    void say(const keeper::Message& message, const std::vector<int>& fds = {});
    // The same of what the puppet may not survive long enough to confirm.
    void say_at_last(const keeper::Message& message);
    // The next message, and its descriptors; kind 0 if none came.
    keeper::Message hear();
    std::vector<os::Fd>& heard_fds() { return fds_; }
    // Says hello and hears all until held_end; returns the welcome.
    keeper::Message greet();
    const std::vector<std::string>& held() const { return held_; }
    // Asks for what is held under a name.
    keeper::Message fetch(const std::string& name);
    pid_t start(const std::string& script);
    void close_link() { command(Order::Verb::close_link); }
    void ignore_stop() { command(Order::Verb::ignore_stop); }
    void end(int status);
    // SIGKILL; returns when superd has noticed, that is, when it is reaped.
    void kill();

private:
    Order command(Order::Verb verb);
    Order exchange(Order order, const std::vector<int>& fds);

    os::Fd strings_;
    std::vector<std::string> words_;
    pid_t pid_ = 0;
    std::vector<os::Fd> fds_;
    std::vector<std::string> held_;
};

// The message that puts `name` into the words of the protocol.
keeper::Message named(keeper::Kind kind, const std::string& name);

// Starts superd in directories of its own and ends it, and all that it started,
// at the end of the test.
class Superd {
public:
    struct Setup {
        std::vector<std::string> arguments;    // Beside those that name the directories.
        std::vector<std::string> environment;  // Beside what it needs for the puppets.
        std::string supervisor_script;         // Instead of the puppet.
        std::vector<std::string> before;       // Words in front: unshare, and the like.
        bool start = true;
    };
    Superd() : Superd(Setup{}) {}
    explicit Superd(Setup setup);
    Superd(const Superd&) = delete;
    Superd& operator=(const Superd&) = delete;
    ~Superd();

    void start();
    pid_t pid() const { return pid_; }
    const Scratch& place() const { return place_; }
    std::string runtime() const { return place_ / "r"; }
    std::string program() const { return place_ / "superd"; }

    // The next puppet of its kind that superd starts.
    Puppet supervisor() { return next("superd-supervisor"); }
    Puppet logger() { return next("superd-logger"); }

    void signal(int number) const;
    // Waits for superd to end; its wait status.
    int wait();
    // Ends superd alone, as a crash would.
    void crash();
    // What it said on stderr.
    std::string said() const;
    // Waits until it has said that.
    bool says(const std::string& text) const;

private:
    Puppet next(const std::string& program);

    Setup setup_;
    Scratch place_;
    os::Fd strings_;
    std::vector<Puppet> early_;  // Connected, but not asked for yet.
    pid_t pid_ = 0;
};

// Runs a program to its end with stdout and stderr in one.
struct Ran {
    int status = -1;  // Exit status.
    std::string output;
};
Ran run(const std::vector<std::string>& argv, const std::vector<std::string>& env,
        const std::string& directory = "/");

// As long as a slow machine may need.
inline constexpr std::int64_t patience_ns = 60'000'000'000;

// Waits for what the kernel has no event for, such as "reaped by its parent";
// to look every millisecond is often enough. False: it never came true.
template <class Condition>
bool eventually(Condition condition) {
    const std::int64_t until = os::monotonic_now() + patience_ns;
    while (!condition()) {
        if (os::monotonic_now() > until) return false;
        ::poll(nullptr, 0, 1);
    }
    return true;
}

// True once the process is no more: ended, and reaped by its parent.
bool wait_until_gone(pid_t pid);

}  // namespace superd::test
