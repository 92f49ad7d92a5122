#include "os/thread.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <semaphore>
#include <thread>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

// A thread that sleeps in a futex until it is let go.
class Sleeping {
public:
    Sleeping() {
        std::atomic<pid_t> tid{0};
        thread_ = std::thread{[&tid, this] {
            ::prctl(PR_SET_NAME, ") R 1 (nap");
            tid.store(static_cast<pid_t>(::syscall(SYS_gettid)));
            tid.notify_one();
            go_.acquire();
        }};
        tid.wait(0);
        tid_ = tid;
        while (thread_stat(::getpid(), tid_)->state != 'S') std::this_thread::yield();
    }
    ~Sleeping() { end(); }
    void end() {
        if (!thread_.joinable()) return;
        go_.release();
        thread_.join();
    }
    pid_t tid() const { return tid_; }

private:
    std::binary_semaphore go_{0};
    std::thread thread_;
    pid_t tid_ = 0;
};

TEST(Thread, ListsThoseOfAProcessTheMainOneFirst) {
    const Sleeping one, other;
    const auto all = threads_of(::getpid(), 100);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0], ::getpid());
    EXPECT_EQ(threads_of(::getpid(), 2).size(), 2u);
    EXPECT_TRUE(threads_of(::getpid(), 0).empty());
    EXPECT_TRUE(threads_of(0, 100).empty());
}

TEST(Thread, StatIsNotFooledByAName) {
    Sleeping sleeping;
    const auto stat = thread_stat(::getpid(), sleeping.tid());
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->name, ") R 1 (nap");
    EXPECT_EQ(stat->state, 'S');
    EXPECT_GE(stat->start_ticks, thread_stat(::getpid(), ::getpid())->start_ticks);
    EXPECT_GE(stat->processor, 0);
    EXPECT_EQ(thread_stat(::getpid(), ::getpid())->state, 'R');
    sleeping.end();
    EXPECT_FALSE(thread_stat(::getpid(), sleeping.tid()));
}

TEST(Thread, TimesGrowWhileItRuns) {
    const auto before = thread_times(::getpid(), ::getpid());
    if (!before) GTEST_SKIP() << "this kernel does not count";
    while (thread_times(::getpid(), ::getpid())->ran_ns < before->ran_ns + 1'000'000) {}
    const Sleeping sleeping;
    const auto asleep = thread_times(::getpid(), sleeping.tid());
    ASSERT_TRUE(asleep);
    EXPECT_LT(asleep->ran_ns, 1'000'000'000u);
}

TEST(Thread, TellsWhereItSleeps) {
    Sleeping sleeping;
    const auto call = blocked_call(::getpid(), sleeping.tid());
    if (call) {
        EXPECT_EQ(system_call_name(call->number), "futex");
        EXPECT_NE(call->program_counter, 0u);
    }
    EXPECT_NE(wait_channel(::getpid(), sleeping.tid()), "0");
    EXPECT_EQ(wait_channel(::getpid(), ::getpid()), "");
    sleeping.end();
    EXPECT_FALSE(blocked_call(::getpid(), sleeping.tid()));
    EXPECT_EQ(wait_channel(::getpid(), sleeping.tid()), "");
    EXPECT_FALSE(thread_times(::getpid(), sleeping.tid()));
}

thread_local bool signalled = false;

TEST(Thread, IsSignalledByItself) {
    EXPECT_FALSE(catches_signal(::getpid(), SIGUSR2));
    struct sigaction action{};
    action.sa_handler = [](int) { signalled = true; };
    ::sigaction(SIGUSR2, &action, nullptr);
    EXPECT_TRUE(catches_signal(::getpid(), SIGUSR2));
    EXPECT_FALSE(catches_signal(::getpid(), SIGUSR1));
    EXPECT_FALSE(catches_signal(::getpid(), 0));
    EXPECT_FALSE(catches_signal(0, SIGUSR2));
    const Sleeping other;
    const auto ticks = thread_stat(::getpid(), ::getpid())->start_ticks;
    EXPECT_TRUE(signal_thread(::getpid(), ::getpid(), ticks, SIGUSR2));
    EXPECT_TRUE(signalled) << "not to the other one";
    EXPECT_FALSE(signal_thread(::getpid(), ::getpid(), ticks + 1, SIGUSR2)) << "another by now";
    EXPECT_FALSE(signal_thread(::getpid(), 1, 0, SIGUSR2)) << "no thread of this process";
    ::signal(SIGUSR2, SIG_DFL);
}

TEST(Thread, ACallWithoutANameIsItsNumber) {
    EXPECT_EQ(system_call_name(SYS_clock_nanosleep), "clock_nanosleep");
    EXPECT_EQ(system_call_name(100'000), "call 100000");
}

}  // namespace
}  // namespace superd::os
