#include "superd.hpp"

#include "os/file.hpp"
#include "os/process.hpp"
#include "os/socket.hpp"
#include "os/spawn.hpp"
#include "tests/unit/places.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include <gtest/gtest.h>

namespace superd::test {
namespace {

bool readable(int fd) {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(patience_ns / 1'000'000)) == 1;
}

bool gone(pid_t pid) { return !os::process_stat(pid).has_value(); }

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\0', at);
        words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

}  // namespace

bool wait_until_gone(pid_t pid) {
    return eventually([&] { return gone(pid); });
}

keeper::Message named(keeper::Kind kind, const std::string& name) {
    keeper::Message message{.kind = kind};
    std::strncpy(message.name, name.c_str(), keeper::name_max - 1);
    return message;
}

Order Puppet::exchange(Order order, const std::vector<int>& fds) {
    fds_.clear();
    if (!strings_) {
        // Asked again and again, it must not be waited for each time.
        ADD_FAILURE() << "there is no puppet to do " << static_cast<int>(order.verb);
        return {};
    }
    const auto bytes = std::as_writable_bytes(std::span{&order, 1});
    EXPECT_TRUE(os::send_message(strings_.get(), bytes, fds).has_value());
    std::array<os::Fd, keeper::descriptors_max> got;
    EXPECT_TRUE(readable(strings_.get())) << "the puppet hangs";
    const auto received = os::receive_message(strings_.get(), bytes, got);
    const bool whole = received && received->bytes == sizeof order;
    EXPECT_TRUE(whole) << "the puppet died";
    EXPECT_EQ(0u, order.failed) << "the puppet could not do " << static_cast<int>(order.verb);
    if (!whole) strings_.reset();
    if (!whole || order.failed != 0) return {};
    for (std::size_t i = 0; i < received->descriptors; ++i) fds_.push_back(std::move(got[i]));
    return order;
}

Order Puppet::command(Order::Verb verb) { return exchange(Order{.verb = verb}, {}); }

void Puppet::say(const keeper::Message& message, const std::vector<int>& fds) {
    exchange(Order{.verb = Order::Verb::say, .message = message}, fds);
}

void Puppet::say_at_last(const keeper::Message& message) {
    const Order order{.verb = Order::Verb::say, .message = message};
    const auto bytes = std::as_bytes(std::span{&order, 1});
    EXPECT_TRUE(os::send_message(strings_.get(), bytes).has_value());
}

keeper::Message Puppet::hear() { return command(Order::Verb::hear).message; }

keeper::Message Puppet::greet() {
    say({.kind = keeper::Kind::hello, .value = keeper::protocol_version});
    const keeper::Message welcome = hear();
    EXPECT_EQ(keeper::Kind::welcome, welcome.kind);
    held_.clear();
    for (;;) {
        const keeper::Message message = hear();
        if (message.kind != keeper::Kind::held) {
            EXPECT_EQ(keeper::Kind::held_end, message.kind);
            return welcome;
        }
        held_.emplace_back(message.name);
    }
}

keeper::Message Puppet::fetch(const std::string& name) {
    say(named(keeper::Kind::fetch, name));
    const keeper::Message answer = hear();
    EXPECT_EQ(keeper::Kind::fetched, answer.kind);
    EXPECT_EQ(name, answer.name);
    return answer;
}

pid_t Puppet::start(const std::string& script) {
    Order order{.verb = Order::Verb::start};
    std::strncpy(order.script, script.c_str(), sizeof order.script - 1);
    return exchange(order, {}).pid;
}

void Puppet::end(int status) {
    Order order{.verb = Order::Verb::end};
    order.message.value = status;
    const auto bytes = std::as_bytes(std::span{&order, 1});
    EXPECT_TRUE(os::send_message(strings_.get(), bytes).has_value());
    EXPECT_TRUE(wait_until_gone(pid_));
}

void Puppet::kill() {
    ::kill(pid_, SIGKILL);
    EXPECT_TRUE(wait_until_gone(pid_));
}

Superd::Superd(Setup setup) : setup_{std::move(setup)} {
    // What superd leaves behind when it crashes comes to us, and we end it.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::filesystem::copy_file(places::superd(), program());
    std::filesystem::copy_file(places::keeper_puppet(), place_ / "superd-logger");
    if (setup_.supervisor_script.empty()) {
        std::filesystem::copy_file(places::keeper_puppet(), place_ / "superd-supervisor");
    } else {
        const std::string script = "#!/bin/sh\n" + setup_.supervisor_script + "\n";
        EXPECT_TRUE(os::write_file(place_ / "superd-supervisor", script, 0755).has_value());
    }
    auto strings = os::listen_unix(os::SocketType::seqpacket, place_ / "strings", 0600);
    EXPECT_TRUE(strings.has_value());
    strings_ = std::move(*strings);
    if (setup_.start) start();
}

Superd::~Superd() {
    std::vector<pid_t> all;
    if (pid_ != 0) {
        all = os::descendants_of(pid_);
        ::kill(pid_, SIGKILL);
    }
    for (const pid_t each : os::descendants_of(::getpid())) all.push_back(each);
    for (const pid_t each : all) ::kill(each, SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) {}
}

void Superd::start() {
    os::SpawnPlan plan;
    // A test that is killed, for it takes too long, say, takes superd with it.
    plan.argv = {"/usr/bin/setpriv", "--pdeathsig", "KILL"};
    for (const std::string& each : setup_.before) plan.argv.push_back(each);
    plan.argv.push_back(program());
    for (const std::string& each : setup_.arguments) plan.argv.push_back(each);
    plan.argv.insert(plan.argv.end(), {"--config", place_ / "c", "--runtime-dir", runtime(),
                                       "--state-dir", place_ / "s", "--log-dir=" + (place_ / "l")});
    plan.env = {std::string{puppet_socket_variable} + "=" + (place_ / "strings"),
                "PATH=/usr/bin:/bin", "UBSAN_OPTIONS=print_stacktrace=1"};
    plan.env.insert(plan.env.end(), setup_.environment.begin(), setup_.environment.end());
    const std::string said = place_ / "said";
    const os::Fd output{::open(said.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    plan.descriptors = {{output.get(), 1}, {output.get(), 2}};
    plan.sibling = false;
    const auto pid = os::spawn(plan, nullptr);
    ASSERT_TRUE(pid.has_value()) << pid.error().message;
    pid_ = *pid;
}

Puppet Superd::next(const std::string& name) {
    for (;;) {
        for (auto each = early_.begin(); each != early_.end(); ++each) {
            if (!each->words()[0].ends_with(name)) continue;
            Puppet found = std::move(*each);
            early_.erase(each);
            return found;
        }
        if (!readable(strings_.get())) break;
        os::Fd fd{::accept4(strings_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        std::string words(4096, '\0');
        if (!readable(fd.get())) break;
        const auto size = os::receive_message(fd.get(), std::as_writable_bytes(std::span{words}));
        // One that was killed before it could say who it is does not count.
        if (!size || size->bytes == 0) continue;
        words.resize(size->bytes);
        const pid_t pid = os::peer_credentials(fd.get()).value().pid;
        early_.emplace_back(std::move(fd), split(words), pid);
    }
    ADD_FAILURE() << "superd started no " << name << ":\n" << said();
    return {};
}

void Superd::signal(int number) const { ::kill(pid_, number); }

int Superd::wait() {
    int status = -1;
    const bool ended = eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
    EXPECT_TRUE(ended) << "superd does not end:\n" << said();
    if (ended) pid_ = 0;
    return status;
}

void Superd::crash() {
    signal(SIGKILL);
    wait();
    early_.clear();
}

std::string Superd::said() const { return os::read_file(place_ / "said", 1 << 20).value_or(""); }

bool Superd::says(const std::string& text) const {
    return eventually([&] { return said().find(text) != std::string::npos; });
}

Ran run(const std::vector<std::string>& argv, const std::vector<std::string>& env,
        const std::string& directory) {
    const Scratch scratch;
    const std::string path = scratch / "out";
    const os::Fd out{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    os::SpawnPlan plan;
    plan.argv = argv;
    plan.env = env;
    plan.directory = directory;
    plan.descriptors = {{out.get(), 1}, {out.get(), 2}};
    plan.sibling = false;
    const auto pid = os::spawn(plan, nullptr);
    EXPECT_TRUE(pid.has_value()) << pid.error().message;
    if (!pid) return {};
    int status = -1;
    EXPECT_EQ(*pid, ::waitpid(*pid, &status, 0));
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, os::read_file(path, 1 << 20).value()};
}

}  // namespace superd::test
