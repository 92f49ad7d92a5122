// Templates against puppets: children of the test, which is their keeper, that say what they are
// told to say.
#include "supervisor/templates.hpp"

#include "os/message.hpp"
#include "os/process.hpp"
#include "tests/unit/supervisor/keeper_end.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What a puppet does with each request.
enum class Way : std::uint8_t { makes, refuses, refuses_for_good, is_silent, lies };

void say(int socket, const std::string& text) {
    static_cast<void>(::send(socket, text.data(), text.size(), MSG_NOSIGNAL));
}

// The run of a request, by its first digits.
std::string run_of(const char* text) {
    std::string_view rest{text};
    rest.remove_prefix(rest.find(':') + 1);
    return std::string{rest.substr(0, rest.find(','))};
}

[[noreturn]] void be_puppet(int given, Way way) {
    constexpr int socket = 3;
    ::dup2(given, socket);
    ::close_range(socket + 1, ~0u, 0);  // Superd's end among them.
    ::setsid();
    say(socket, R"({"ready": true})");
    char text[4096];
    for (;;) {
        const ssize_t size = ::recv(socket, text, sizeof text - 1, 0);
        if (size <= 0) ::_exit(0);
        text[size] = '\0';
        const std::string run = run_of(text);
        if (way == Way::refuses) say(socket, R"({"run": )" + run + R"(, "failed": "not now"})");
        if (way == Way::refuses_for_good) {
            say(socket, R"({"run": )" + run + R"(, "failed": "never", "permanent": true})");
        }
        if (way == Way::lies) say(socket, R"({"run": )" + run + "}");
        if (way != Way::makes) continue;
        if (::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr) != 0) {
            continue;
        }
        say(socket, R"({"run": )" + run + "}");
        ::close(socket);
        ::pause();
        ::_exit(0);
    }
}

class TemplatesOfAUnit : public testing::Test {
protected:
    TemplatesOfAUnit() { templates.begin(::getpid(), "unit-test"); }
    void TearDown() override {
        for (const pid_t pid : children) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }

    Templates::Handlers handlers() {
        return {
            .start = [this](const TemplateProcess::Identity&,
                            int socket) -> std::expected<pid_t, std::string> {
                if (cannot_start) return std::unexpected{"no such file"};
                const pid_t pid = ::fork();
                if (pid == 0) be_puppet(socket, way);
                children.push_back(pid);
                return pid;
            },
            .made =
                [this](core::RunId run, pid_t pid) {
                    made[run] = pid;
                    children.push_back(pid);
                },
            .unmade = [this](core::RunId run, const std::string& why) { unmade[run] = why; },
            .ended = [this](const TemplateProcess::Identity& each) { ended.push_back(each.unit); },
            .tell = [this](const TemplateProcess::Identity&, const std::string& text,
                           bool) { told.push_back(text); },
            .due = [this] { due = true; },
            .settle = [] {},
            .is_main =
                [this](pid_t pid) {
                    return std::ranges::any_of(
                        made, [&](const auto& each) { return each.second == pid; });
                },
            .now = [this] { return core::Instant{core::Duration{os_now()}} + ahead; },
        };
    }
    static std::int64_t os_now() {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    }
    // Lets it all happen until `what` is true; false after a minute.
    template <class What>
    bool await(What what) {
        for (const auto until = os_now() + 60'000'000'000; !what();) {
            if (os_now() > until) return false;
            io.restart();
            io.run_one_for(10ms);
        }
        return true;
    }
    pid_t start() {
        templates.tend(wanted);
        EXPECT_TRUE(await([&] { return templates.ready("shop", "m1") != nullptr; }));
        return templates.living().front().pid;
    }
    bool ask(core::RunId run) { return templates.ask("shop", {run, {"A=b"}, {}}, {}); }
    // As the keeper does: it looks without reaping.
    void let_end(pid_t pid) {
        siginfo_t info{};
        ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
        core::ExitStatus status;
        if (info.si_code == CLD_EXITED) {
            status.code = info.si_status;
        } else {
            status.signal = info.si_status;
        }
        EXPECT_TRUE(templates.ended(pid, status));
        ::waitpid(pid, nullptr, 0);
        std::erase(children, pid);
    }

    boost::asio::io_context io;
    KeeperEnd keeper;
    KeeperLink link{io.get_executor(), keeper.take_link()};
    Way way = Way::makes;
    bool cannot_start = false, due = false;
    core::Duration ahead{};
    std::vector<pid_t> children;
    std::map<core::RunId, pid_t> made;
    std::map<core::RunId, std::string> unmade;
    std::vector<std::string> ended, told;
    std::vector<Templates::Wanted> wanted{{"shop", "m1"}};
    Templates templates{io.get_executor(), link, handlers()};
};

TEST_F(TemplatesOfAUnit, MakeAChildOfTheKeepers) {
    const pid_t own = start();
    ASSERT_TRUE(ask(17));
    EXPECT_TRUE(templates.asking());
    ASSERT_TRUE(await([&] { return made.contains(17); }));
    EXPECT_NE(made[17], own);
    EXPECT_EQ(os::process_stat(made[17])->parent, ::getpid());
    EXPECT_FALSE(templates.asking());
    EXPECT_THAT(unmade, IsEmpty());
}

TEST_F(TemplatesOfAUnit, AreHeldByTheKeeperUntilTheyAreLetGo) {
    const pid_t own = start();
    const auto held = keeper.hear();
    EXPECT_EQ(held.message.kind, keeper::Kind::hold);
    EXPECT_EQ(templates.held_names().count(held.message.name), 1u);
    EXPECT_TRUE(held.descriptors[0] && held.descriptors[1]);
    templates.tend({});
    EXPECT_EQ(keeper.hear().message.kind, keeper::Kind::release);
    EXPECT_EQ(templates.ready("shop", "m1"), nullptr);
    EXPECT_FALSE(templates.idle()) << "it is not gone yet";
    EXPECT_TRUE(templates.owns(own));
}

TEST_F(TemplatesOfAUnit, EndWhenTheirSocketIsClosed) {
    const pid_t own = start();
    static_cast<void>(keeper.hear());  // And let go of.
    templates.tend({});
    let_end(own);
    EXPECT_THAT(ended, testing::ElementsAre("shop"));
    EXPECT_TRUE(templates.idle());
    EXPECT_THAT(told, Not(Contains(HasSubstr("has ended")))) << "nobody minds";
}

TEST_F(TemplatesOfAUnit, ThatRefuseAreAskedAgainOnlyIfThatMayHelp) {
    way = Way::refuses;
    start();
    ASSERT_TRUE(ask(17));
    ASSERT_TRUE(await([&] { return unmade.contains(17); }));
    EXPECT_EQ(unmade[17], "not now");
    EXPECT_NE(templates.ready("shop", "m1"), nullptr);
}

TEST_F(TemplatesOfAUnit, ThatRefuseForGoodAreLetGo) {
    way = Way::refuses_for_good;
    start();
    ASSERT_TRUE(ask(17));
    ASSERT_TRUE(await([&] { return unmade.contains(17); }));
    ahead += 10s;
    ASSERT_TRUE(ask(18));
    ASSERT_TRUE(await([&] { return unmade.contains(18); }));
    EXPECT_EQ(templates.ready("shop", "m1"), nullptr);
    const auto count = children.size();
    templates.tend(wanted);
    EXPECT_EQ(children.size(), count) << "another of the same would refuse too";
    way = Way::makes;
    templates.tend({{"shop", "m2"}});
    EXPECT_EQ(children.size(), count + 1);
}

TEST_F(TemplatesOfAUnit, ThatRefuseForGoodAreAskedAgainAfterAWhile) {
    way = Way::refuses_for_good;
    const pid_t own = start();
    ASSERT_TRUE(ask(17));
    ASSERT_TRUE(await([&] { return unmade.contains(17); }));
    EXPECT_EQ(templates.ready("shop", "m1"), nullptr) << "not at once";
    ahead += 1s;
    const auto* const again = templates.ready("shop", "m1");
    ASSERT_NE(again, nullptr) << "the thread of its module may have ended";
    EXPECT_EQ(again->pid, own);
    ASSERT_TRUE(ask(18));
    ASSERT_TRUE(await([&] { return unmade.contains(18); }));
    ahead += 1s;
    EXPECT_NE(templates.ready("shop", "m1"), nullptr) << "it is not so long ago";
}

TEST_F(TemplatesOfAUnit, ThatEndOweNothingButWhatTheyHaveMade) {
    way = Way::is_silent;
    const pid_t own = start();
    ASSERT_TRUE(ask(17));
    EXPECT_THAT(unmade, IsEmpty()) << "it may make it yet";
    ::kill(own, SIGKILL);
    let_end(own);
    EXPECT_EQ(unmade.count(17), 1u);
    EXPECT_THAT(told, Contains(HasSubstr("executed until there is another")));
}

TEST_F(TemplatesOfAUnit, ThatAreSilentAreEndedUnlessSuperdItselfWasAway) {
    way = Way::is_silent;
    start();
    ASSERT_TRUE(ask(17));
    ahead = 1h;
    templates.tend(wanted);
    io.poll();
    EXPECT_THAT(told, Not(Contains(HasSubstr("has not made a worker"))));
    EXPECT_TRUE(await([&] {
        ahead += 50ms;
        templates.tend(wanted);
        return std::ranges::any_of(told, [](const auto& each) {
            return each.contains("has not made a worker within 2 s");
        });
    }));
}

TEST_F(TemplatesOfAUnit, ThatEndAreHeardToTheEnd) {
    const pid_t own = start();
    ASSERT_TRUE(ask(17));
    // Nobody listens until both, the worker that it has made and the template, are done speaking.
    const auto until = os_now() + 60'000'000'000;
    while (os::children_of(::getpid()).size() < 2) ASSERT_LT(os_now(), until);
    const pid_t worker = os::children_of(::getpid()).back();
    ::kill(own, SIGKILL);
    ::kill(worker, SIGSTOP);
    let_end(own);
    EXPECT_EQ(made.count(17) + unmade.count(17), 1u) << "and never both";
    const bool known = made.contains(17);
    EXPECT_TRUE(!known || made[17] == worker);
    if (!known) children.push_back(worker);
}

TEST_F(TemplatesOfAUnit, AreNotBelievedWhenTheySayThatTheyAreTheWorker) {
    way = Way::lies;
    const pid_t own = start();
    ASSERT_TRUE(ask(17));
    ASSERT_TRUE(await([&] {
        return std::ranges::any_of(
            told, [](const std::string& each) { return each.contains("is no worker of run 17"); });
    }));
    EXPECT_THAT(made, IsEmpty());
    EXPECT_TRUE(templates.asking());
    ::kill(own, SIGKILL);
    let_end(own);
    EXPECT_EQ(unmade.count(17), 1u);
}

TEST_F(TemplatesOfAUnit, AreTriedAgainLaterAndLater) {
    cannot_start = true;
    templates.tend(wanted);
    templates.tend(wanted);
    EXPECT_EQ(told.size(), 1u) << "not at once";
    ahead += 150ms;
    templates.tend(wanted);
    EXPECT_EQ(told.size(), 2u);
    ahead += 150ms;
    templates.tend(wanted);
    EXPECT_EQ(told.size(), 2u) << "twice as long now";
    ahead += 100ms;
    templates.tend(wanted);
    EXPECT_EQ(told.size(), 3u);
    EXPECT_THAT(told, Contains(HasSubstr("cannot start the template of shop: no such file")));
}

TEST_F(TemplatesOfAUnit, OfAnotherMarkAreNotAsked) {
    start();
    EXPECT_EQ(templates.ready("shop", "m2"), nullptr);
    EXPECT_TRUE(due);
    EXPECT_FALSE(ask(17));
}

TEST_F(TemplatesOfAUnit, AreRenewedWhenAnOperatorStartsTheUnitAgain) {
    const pid_t own = start();
    templates.renew("shop");
    EXPECT_EQ(templates.ready("shop", "m1"), nullptr);
    templates.tend(wanted);
    ASSERT_TRUE(await([&] { return templates.ready("shop", "m1") != nullptr; }));
    EXPECT_NE(templates.ready("shop", "m1")->pid, own);
}

}  // namespace
}  // namespace superd::supervisor
