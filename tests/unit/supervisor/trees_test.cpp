#include "supervisor/trees.hpp"

#include "tests/unit/os/family.hpp"

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using testing::ElementsAre;

std::string scope() { return "fe-" + std::to_string(::getpid()); }

// The test process is the keeper, and reaps like it: tells first, reaps then.
class TreesTest : public testing::Test {
protected:
    static std::vector<std::string> marked(core::RunId run) {
        return {"SUPERD_RUN=" + os::run_mark(run, scope())};
    }

    // A leader that has ended. Its children, if any, are there by then.
    pid_t dead_leader(core::RunId run, const std::string& script) {
        const pid_t leader = family_.lead(script, marked(run));
        os::Family::wait_end(leader);
        return leader;
    }
    static Trees::Subject dead(core::RunId run, pid_t leader) {
        return {.instance = {1, 0}, .run = run, .leader = leader};
    }
    void reap_leader(pid_t leader) {
        trees_.leader_reaped(leader);
        os::Family::reap(leader);
    }
    // As the supervisor's loop does it: works while there is something to tell.
    void work() {
        due_ = false;
        while (trees_.work()) {}
    }
    void work_until(const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        work();
        while (!done() && std::chrono::steady_clock::now() < deadline) {
            if (io_.run_one_until(deadline) == 0) io_.restart();
            if (due_) work();
        }
        EXPECT_TRUE(done());
    }
    void work_until_ended(pid_t pid) {
        auto pidfd = os::pidfd_open(pid);
        if (!pidfd) return;  // Reaped already.
        bool ended = false;
        boost::asio::posix::stream_descriptor watch{io_, pidfd->release()};
        watch.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [&](boost::system::error_code error) {
                             if (!error) ended = true;
                         });
        work_until([&] { return ended; });
    }
    void work_until_told(std::size_t count) {
        work_until([&] { return told_.size() >= count; });
    }

    boost::asio::io_context io_;
    os::Family family_;
    std::set<pid_t> known_;
    std::vector<std::string> told_;
    bool due_ = false;
    Trees trees_{io_.get_executor(), ::getpid(), scope(), nullptr,
                 Trees::Handlers{
                     .tell =
                         [this](const core::Event& event) {
                             if (const auto* empty = std::get_if<core::TreeEmpty>(&event))
                                 told_.push_back("empty " + std::to_string(empty->run));
                             if (const auto* left = std::get_if<core::TreeLeft>(&event))
                                 told_.push_back("left " + std::to_string(left->run));
                         },
                     .known = [this](pid_t pid) { return known_.contains(pid); },
                     .due = [this] { due_ = true; },
                 }};
};

TEST_F(TreesTest, ALeaderThatLeftNobodyMeansAnEmptyTree) {
    const pid_t leader = dead_leader(5, "exit 0");
    trees_.sweep(dead(5, leader));
    reap_leader(leader);
    work_until_told(1);
    EXPECT_THAT(told_, ElementsAre("empty 5"));
    EXPECT_FALSE(trees_.work()) << "it is told once";
}

TEST_F(TreesTest, WhoIsLeftIsToldAtOnceAndTheEndOfItLater) {
    const pid_t leader = dead_leader(5, "setsid sh -c 'echo $$ >&3; exec sleep 1000' & exit 0");
    const pid_t orphan = family_.told();
    trees_.sweep(dead(5, leader));
    reap_leader(leader);
    work_until_told(1);
    EXPECT_THAT(told_, ElementsAre("left 5"));

    trees_.sweep(dead(5, leader));
    work_until_told(2);
    EXPECT_THAT(told_, ElementsAre("left 5", "left 5")) << "who asks again is answered again";

    ::kill(orphan, SIGKILL);
    os::Family::wait_end(orphan);
    trees_.reaped(orphan);
    os::Family::reap(orphan);
    EXPECT_TRUE(due_);
    work_until_told(3);
    EXPECT_THAT(told_, ElementsAre("left 5", "left 5", "empty 5"));
}

TEST_F(TreesTest, TheEndOfSomebodyElsesProcessTellsNothing) {
    const pid_t leader = dead_leader(5, "setsid sh -c 'echo $$ >&3; exec sleep 1000' & exit 0");
    family_.told();
    const pid_t other = family_.lead("echo $$ >&3; exec sleep 1000", marked(6));
    family_.told();
    trees_.sweep(dead(5, leader));
    reap_leader(leader);
    work_until_told(1);
    ::kill(other, SIGKILL);
    os::Family::wait_end(other);
    trees_.reaped(other);
    os::Family::reap(other);
    work();
    EXPECT_THAT(told_, ElementsAre("left 5"));
}

TEST_F(TreesTest, ASignalReachesTheLeadersGroupAtOnceAndTheOthersSoon) {
    const pid_t leader =
        family_.lead("setsid sh -c 'echo $$ >&3; exec sleep 1000' & wait", marked(5));
    const pid_t child = family_.told();
    known_.insert(leader);
    trees_.signal({.instance = {1, 0}, .run = 5, .leader = leader, .leader_alive = true}, SIGTERM);
    os::Family::wait_end(leader);
    EXPECT_TRUE(os::process_stat(child).has_value());
    work_until_ended(child);
    EXPECT_THAT(told_, ElementsAre()) << "nobody has asked";
}

TEST_F(TreesTest, WhoHasGotTheSignalWithTheGroupDoesNotGetItTwice) {
    // To many programs a second SIGTERM means "at once". This one counts them, and tells
    // how many there were so far by SIGWINCH: a pending SIGTERM, of less number, is first.
    const std::string counting =
        "n=0; trap 'n=$((n + 1))' TERM; trap 'echo $n >&3' WINCH; echo 0 >&3; "
        "while :; do sleep 1000 & wait $!; done";
    const pid_t leader =
        family_.lead("setsid sh -c 'echo $$ >&3; exec sleep 1000' & " + counting, marked(5));
    const pid_t first = family_.told();
    const pid_t second = family_.told();
    const pid_t child = first == 0 ? second : first;
    trees_.signal({.instance = {1, 0}, .run = 5, .leader = leader, .leader_alive = true}, SIGTERM);
    work_until_ended(child);
    ::kill(leader, SIGWINCH);
    EXPECT_EQ(1, family_.told());
}

TEST_F(TreesTest, ASignalReachesWhoIsLeftOfADeadLeader) {
    const pid_t leader = dead_leader(5, "setsid sh -c 'echo $$ >&3; exec sleep 1000' & exit 0");
    const pid_t orphan = family_.told();
    trees_.signal(dead(5, leader), SIGKILL);
    EXPECT_TRUE(due_);
    work_until_ended(orphan);
}

TEST_F(TreesTest, OfAForgottenRunNothingIsTold) {
    const pid_t leader = dead_leader(5, "exit 0");
    trees_.sweep(dead(5, leader));
    trees_.forget(5);
    reap_leader(leader);
    EXPECT_FALSE(trees_.work());
    EXPECT_THAT(told_, ElementsAre());
}

TEST_F(TreesTest, TheEndOfAStrangersTreeIsSeenWithoutTheKeeper) {
    const pid_t leader = dead_leader(5, "setsid sh -c 'echo $$ >&3; exec sleep 1000' & exit 0");
    const pid_t orphan = family_.told();
    auto stranger = dead(5, leader);
    stranger.stranger = true;
    trees_.sweep(stranger);
    work_until_told(1);
    EXPECT_THAT(told_, ElementsAre("left 5"));
    ::kill(orphan, SIGKILL);  // Nobody calls reaped() for it.
    work_until_told(2);
    EXPECT_THAT(told_, ElementsAre("left 5", "empty 5"));
}

}  // namespace
}  // namespace superd::supervisor
