#include "supervisor/thread_survey.hpp"

#include <sys/syscall.h>

#include <unistd.h>

#include <atomic>
#include <semaphore>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;

class Survey : public testing::Test {
protected:
    static ThreadSurvey::Subject subject(std::uint32_t index) {
        return {{1, index}, {.unit = "web", .index = index, .instances = 2}};
    }
    ThreadSurvey survey_{io_.get_executor(),
                         {.processes = [this](core::InstanceId id) { return pids_[id.index]; },
                          .tell =
                              [](core::InstanceId, wire::InstanceThreads& answer) {
                                  for (auto& each : answer.threads) {
                                      each.slot.emplace().task = "told";
                                  }
                              }}};
    boost::asio::io_context io_;
    std::vector<std::vector<pid_t>> pids_{{::getpid()}, {}};
    std::optional<wire::Threads> told_;
    ThreadSurvey::Done done_ = [this](wire::Threads threads) {
        EXPECT_FALSE(told_) << "told twice";
        told_ = std::move(threads);
    };
};

TEST_F(Survey, MeasuresWhoComputesAndWhoSleeps) {
    std::atomic<bool> stop = false;
    std::atomic<pid_t> busy = 0;
    std::thread computing{[&] {
        busy = static_cast<pid_t>(::syscall(SYS_gettid));
        while (!stop) {}
    }};
    while (busy == 0) std::this_thread::yield();
    // A host that is busy takes processors away, which counts as neither: another sample, then.
    for (int tries = 0; tries < 20; ++tries) {
        told_.reset();
        survey_.begin({subject(0), subject(1)}, 200ms, done_);
        EXPECT_FALSE(told_);
        io_.restart();
        io_.run();
        if (!told_ || told_->instances[0].threads.size() != 2) break;
        const auto& seen = told_->instances[0].threads[1];
        if (seen.cpu_percent.value_or(100) + seen.wait_percent.value_or(0) > 50) break;
    }
    stop = true;
    computing.join();
    ASSERT_TRUE(told_);
    EXPECT_EQ(told_->sample, 0.2);
    ASSERT_EQ(told_->instances.size(), 2u);
    const auto& [unit, index, instances, state, processes, threads, left_out] = told_->instances[0];
    EXPECT_EQ(unit, "web");
    EXPECT_EQ(processes, 1u);
    EXPECT_EQ(left_out, 0u);
    ASSERT_EQ(threads.size(), 2u);
    EXPECT_EQ(threads[0].tid, ::getpid());
    EXPECT_EQ(threads[1].tid, busy);
    EXPECT_EQ(threads[1].state, "R");
    EXPECT_EQ(threads[1].slot->task, "told");
    EXPECT_TRUE(told_->instances[1].threads.empty());
    if (!threads[1].cpu_percent) GTEST_SKIP() << "this kernel does not count";
    // Whether it had a processor or waited for one is the machine's affair: it never slept.
    EXPECT_GT(*threads[1].cpu_percent + threads[1].wait_percent.value_or(0), 50);
    EXPECT_GT(threads[1].cpu_time + threads[1].wait_time, 0.1);
}

TEST_F(Survey, WithoutASampleNothingIsMeasured) {
    survey_.begin({subject(0)}, 0ms, done_);
    io_.run();
    ASSERT_TRUE(told_);
    ASSERT_EQ(told_->instances[0].threads.size(), 1u);
    EXPECT_FALSE(told_->instances[0].threads[0].cpu_percent);
}

TEST_F(Survey, AProcessThatIsGoneHasNoThreads) {
    pids_[0] = {0x3fffff};
    survey_.begin({subject(0)}, 1ms, done_);
    io_.run();
    ASSERT_TRUE(told_);
    EXPECT_TRUE(told_->instances[0].threads.empty());
}

TEST_F(Survey, WhatIsAbandonedIsNotTold) {
    const auto first = survey_.begin({subject(0)}, 1ms, done_);
    const auto second = survey_.begin({subject(0)}, 1h, done_);
    EXPECT_NE(first, second);
    survey_.abandon(first);
    io_.run_for(20ms);  // The other sleeps by now, or does so on the next turn.
    survey_.abandon(second);
    survey_.abandon(second);
    io_.restart();
    io_.run();
    EXPECT_FALSE(told_);
}

TEST_F(Survey, DiesWithoutTelling) {
    std::optional<ThreadSurvey> mortal{
        std::in_place, io_.get_executor(),
        ThreadSurvey::Sources{[](core::InstanceId) { return std::vector<pid_t>{}; },
                              [](core::InstanceId, wire::InstanceThreads&) {}}};
    mortal->begin({subject(0)}, 1ms, done_);
    mortal.reset();
    io_.run();
    EXPECT_FALSE(told_);
}

TEST_F(Survey, SeveralAtATimeAreAllTold) {
    int told = 0;
    for (int i = 0; i < 20; ++i) {
        survey_.begin({subject(0)}, std::chrono::milliseconds{i}, [&](wire::Threads threads) {
            EXPECT_EQ(threads.instances[0].threads.size(), 1u);
            ++told;
        });
    }
    io_.run();
    EXPECT_EQ(told, 20);
}

// Thousands of threads are not looked at in one go, nor all of them.
TEST_F(Survey, ManyThreadsLeaveTimeForOthers) {
    constexpr std::size_t many = ThreadSurvey::threads_max + 100;
    std::vector<std::thread> sleeping;
    std::counting_semaphore<> go{0};
    try {
        while (sleeping.size() + 1 < many) sleeping.emplace_back([&] { go.acquire(); });
    } catch (const std::system_error&) {
        // Not so many are allowed here.
    }
    if (sleeping.size() + 1 == many) {
        survey_.begin({subject(0)}, 1ms, done_);
        std::size_t rounds = 0;
        while (io_.run_one() != 0) ++rounds;
        ASSERT_TRUE(told_);
        EXPECT_EQ(told_->instances[0].threads.size(), ThreadSurvey::threads_max);
        EXPECT_EQ(told_->instances[0].left_out, 100u);
        EXPECT_GT(rounds, 3u);
    }
    go.release(static_cast<std::ptrdiff_t>(sleeping.size()));
    for (auto& each : sleeping) each.join();
    if (!told_) GTEST_SKIP() << "only " << sleeping.size() << " threads can be made here";
}

}  // namespace
}  // namespace superd::supervisor
