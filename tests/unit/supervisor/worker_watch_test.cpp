// Real processes that stall, with pages of their own.
#include "supervisor/worker_watch.hpp"

#include "page_fixture.hpp"
#include "supervisor/moment.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <signal.h>
#include <time.h>

#include <functional>
#include <mutex>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {

// In the table of symbols by their names.
__attribute__((noinline)) void spin_for_ever() {
    for (;;) asm volatile("");
}

namespace {

using namespace std::chrono_literals;
using core::StallCause;
using StallKind = core::StallTurn::Kind;
using testing::HasSubstr;
using testing::StartsWith;

protocol::Slot* traced = nullptr;

std::uint64_t clock_ns() { return static_cast<std::uint64_t>(os::monotonic_now()); }

class Watch : public testing::Test {
protected:
    ~Watch() override {
        if (child_ == 0) return;
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }

    // A worker of one slot that beats once, and then does `body`.
    void start(protocol::SlotKind kind, const std::function<void()>& body, bool handler = true) {
        child_ = ::fork();
        if (child_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const auto pid = static_cast<std::uint32_t>(::getpid());
        written_.begin(pid);
        auto& slot = written_.slot(0, kind, pid);
        slot.beat_ns = clock_ns();
        if (kind == protocol::SlotKind::thread) slot.busy_ns = clock_ns();
        traced = &slot;
        if (handler) {
            struct sigaction action{};
            action.sa_handler = [](int) {
                traced->stack[0] =
                    reinterpret_cast<std::uint64_t>(reinterpret_cast<void*>(&spin_for_ever));
                traced->frames = 1;
                traced->traces += 1;
            };
            action.sa_flags = SA_RESTART;
            ::sigaction(SIGUSR2, &action, nullptr);
        }
        WrittenPage::write(written_.page->busy[0], "GET /x");
        body();
        ::_exit(1);
    }
    void watch(core::StallRule rule) {
        watch_.add(7, {3, 1}, written_.mapped());
        while (!written_.mapped().head()) ::usleep(1000);
        watch_.begin(7, child_, rule);
    }
    // Runs until something is told.
    const WorkerWatch::Told& told(std::size_t count = 1) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (told_.size() < count && io_.run_one_until(deadline) != 0) {}
        if (told_.size() < count) throw std::runtime_error{"nothing was told"};
        return told_[count - 1];
    }

    WrittenPage written_;
    boost::asio::io_context io_;
    std::vector<WorkerWatch::Told> told_;
    WorkerWatch watch_{io_.get_executor(),
                       [this](const WorkerWatch::Told& told) { told_.push_back(told); }};
    pid_t child_ = 0;
};

TEST_F(Watch, NamesABusyLoopAndWhereItIs) {
    start(protocol::SlotKind::loop, spin_for_ever);
    watch({.warn = 100ms, .timeout = 0ms});
    // Who gets no processor for long cannot say where he is: he is asked again.
    std::size_t count = 1;
    for (; told(count).stack.empty() && count < 20; ++count) {
        watch_.begin(7, child_, {.warn = 100ms, .timeout = 0ms});
    }
    const auto first = told(count);
    EXPECT_EQ(first.run, 7u);
    EXPECT_EQ(first.id, (core::InstanceId{3, 1}));
    EXPECT_EQ(first.pid, child_);
    EXPECT_EQ(first.turn.kind, StallKind::silent);
    // On a machine that is busy with others it may be starved as well.
    EXPECT_TRUE(first.turn.cause == StallCause::computing ||
                first.turn.cause == StallCause::starved);
    ASSERT_EQ(first.stack.size(), 1u);
    EXPECT_THAT(first.stack[0], StartsWith("superd::supervisor::spin_for_ever()+0x0 ("));
    EXPECT_THAT(watch_.trouble(7), HasSubstr("at \"GET /x\""));
}

TEST_F(Watch, TellsABlockingCallFromALock) {
    start(protocol::SlotKind::loop, [] {
        const timespec long_time{1000, 0};
        for (;;) ::nanosleep(&long_time, nullptr);
    });
    watch({.warn = 100ms});
    EXPECT_EQ(told().turn.cause, StallCause::call);
    EXPECT_THAT(core::describe(told().turn), HasSubstr("blocked within the loop in "));
}

TEST_F(Watch, TellsALock) {
    start(protocol::SlotKind::thread, [] {
        std::timed_mutex mutex;
        mutex.lock();
        mutex.lock();
    });
    watch({.warn = 100ms});
    EXPECT_EQ(told().turn.cause, StallCause::lock);
    EXPECT_THAT(core::describe(told().turn), StartsWith("thread of tid "));
}

TEST_F(Watch, TellsAStopAndAsksNothingOfTheStopped) {
    start(protocol::SlotKind::loop, [] { ::raise(SIGSTOP); });
    watch({.warn = 0ms, .timeout = 300ms, .on_stall = core::OnStall::kill});
    const auto& stalled = told();
    EXPECT_EQ(stalled.turn.kind, StallKind::stalled);
    EXPECT_EQ(stalled.turn.cause, StallCause::stopped);
    EXPECT_TRUE(stalled.turn.acts);
    EXPECT_EQ(stalled.on_stall, core::OnStall::kill);
    EXPECT_TRUE(stalled.stack.empty());
}

TEST_F(Watch, DoesNotSignalWhoHasNoHandler) {
    start(
        protocol::SlotKind::loop,
        [] {
            for (;;) ::pause();
        },
        false);
    watch({.warn = 100ms, .timeout = 200ms});
    // On a machine that is busy both times may be over at the first look.
    std::size_t count = 1;
    for (; told(count).turn.kind != StallKind::stalled; ++count) {
        EXPECT_TRUE(told_[count - 1].stack.empty());
    }
    EXPECT_TRUE(told_[count - 1].stack.empty());
    EXPECT_EQ(::kill(child_, 0), 0);
    EXPECT_EQ(::waitpid(child_, nullptr, WNOHANG), 0) << "it lives";
}

TEST_F(Watch, LeavesTheHealthyInPeace) {
    start(protocol::SlotKind::loop, [] {
        for (;;) {
            traced->beat_ns = clock_ns();
            traced->done += 1;
            ::usleep(5000);
        }
    });
    // Longer than any machine takes to let it run once.
    watch({.warn = 60s, .timeout = 60s});
    while (written_.page->slots[0].done == 0) ::usleep(1000);
    io_.run_for(300ms);
    EXPECT_TRUE(told_.empty());
    const auto figures = watch_.figures(7);
    ASSERT_TRUE(figures);
    EXPECT_GT(figures->done, 0u);
    EXPECT_EQ(figures->slots, 1u);
    EXPECT_FALSE(figures->stopping);
    EXPECT_FALSE(watch_.figures(8));
}

// By the operator's wish: that is no stall, and it is the same worker all the same.
TEST_F(Watch, LeavesInPeaceWhoStandsStill) {
    start(protocol::SlotKind::loop, spin_for_ever);
    watch({.warn = 100ms});
    watch_.rest(7, child_);
    EXPECT_FALSE(watch_.holds(7, child_));
    EXPECT_FALSE(watch_.rule(7));
    EXPECT_TRUE(watch_.figures(7));
    io_.run();  // Nobody is watched: no timer is left.
    EXPECT_TRUE(told_.empty());
    io_.restart();
    watch_.begin(7, child_, {.warn = 100ms});
    EXPECT_TRUE(watch_.holds(7, child_));
    EXPECT_EQ(told().turn.kind, StallKind::silent);
}

TEST_F(Watch, IsOfOneRunOnly) {
    start(protocol::SlotKind::loop, spin_for_ever);
    watch({.warn = 100ms});
    watch_.move(7, {3, 0});
    EXPECT_EQ(told().id.index, 0u);
    // Another process than the page is about: nothing of it is believed.
    watch_.begin(7, ::getpid(), {.warn = 100ms});
    told_.clear();
    io_.run_for(300ms);
    EXPECT_TRUE(told_.empty());
    EXPECT_FALSE(watch_.figures(7));
    watch_.begin(7, child_, {.warn = 100ms});
    watch_.end(7);
    io_.run();  // Nobody is watched: no timer is left.
    EXPECT_TRUE(told_.empty());
    watch_.remove(7);
    EXPECT_EQ(watch_.page(7), nullptr);
}

TEST_F(Watch, ReportsACrash) {
    written_.begin(4711);
    written_.slot(0, protocol::SlotKind::loop, 4712).stack[0] = 0x10;
    written_.page->slots[0].frames = 1;
    WrittenPage::write(written_.page->busy[0], "GET /x");
    WrittenPage::write(written_.page->tasks[4].name, "client 4");
    WrittenPage::write(written_.page->tasks[4].file, "chat.cpp");
    written_.page->tasks[4].line = 62;
    written_.page->tasks[4].id = 5;
    watch_.add(7, {3, 1}, written_.mapped());
    EXPECT_FALSE(watch_.crash(7, 4711));
    auto& crash = written_.page->crash;
    crash.tid = 4712;
    crash.address = 0x18;
    crash.task = 5;
    crash.signal = SIGSEGV;
    const auto report = watch_.crash(7, 4711);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->text,
              "SIGSEGV at 0x18 in thread 4712 (loop), at \"client 4 (chat.cpp:62), GET /x\"");
    EXPECT_EQ(report->stack, std::vector<std::string>{"0x10"});
    EXPECT_FALSE(watch_.crash(7, 4713)) << "of another process";
    EXPECT_FALSE(watch_.crash(8, 4711));
    crash.slot = 0xffff'ffff;
    crash.task = 0;
    EXPECT_EQ(watch_.crash(7, 4711)->text, "SIGSEGV at 0x18 in thread 4712");
}

}  // namespace
}  // namespace superd::supervisor
