#include "supervisor/timers.hpp"

#include "supervisor/moment.hpp"

#include <algorithm>
#include <random>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;
using turn::TimerBook;

core::Instant at(core::Duration moment) { return core::Instant{moment}; }
core::InstanceId instance(std::uint32_t index) { return {1, index}; }

TEST(TimerBook, GivesOutWhatIsDueEarliestFirst) {
    TimerBook book;
    book.arm({instance(0), 1, at(30ms)});
    book.arm({instance(1), 1, at(10ms)});
    book.arm({instance(2), 1, at(20ms)});
    EXPECT_EQ(book.next(), at(10ms));
    EXPECT_EQ(book.take(at(20ms))->instance, instance(1));
    EXPECT_EQ(book.take(at(20ms))->instance, instance(2));
    EXPECT_FALSE(book.take(at(20ms)));
    EXPECT_EQ(book.next(), at(30ms));
}

TEST(TimerBook, ANewTimerReplacesTheOld) {
    TimerBook book;
    book.arm({instance(0), 1, at(10ms)});
    book.arm({instance(0), 2, at(50ms)});
    EXPECT_EQ(book.next(), at(50ms));
    EXPECT_FALSE(book.take(at(20ms)));
    const auto due = book.take(at(50ms));
    ASSERT_TRUE(due);
    EXPECT_EQ(due->timer, 2u);
    EXPECT_FALSE(book.next());
}

TEST(TimerBook, ADisarmedTimerWakesNobody) {
    TimerBook book;
    book.arm({instance(0), 1, at(10ms)});
    book.arm({instance(1), 1, at(20ms)});
    book.disarm(instance(0));
    EXPECT_EQ(book.next(), at(20ms));
    book.disarm(instance(1));
    EXPECT_FALSE(book.next());
    EXPECT_EQ(book.size(), 0u);
}

TEST(TimerBook, ManyReplacementsAreAllHonoured) {
    std::mt19937 random{7};
    TimerBook book;
    std::vector<core::Instant> last(50, core::Instant{});
    std::vector<std::uint32_t> generation(50, 0);
    for (int i = 0; i < 20'000; ++i) {
        const auto index = static_cast<std::uint32_t>(random() % 50);
        if (random() % 4 == 0) {
            book.disarm(instance(index));
            last[index] = core::Instant{};
        } else {
            last[index] = at(std::chrono::microseconds{1 + random() % 100'000});
            book.arm({instance(index), ++generation[index], last[index]});
        }
    }
    std::size_t fired = 0;
    core::Instant before{};
    while (const auto due = book.take(at(1s))) {
        const auto index = due->instance.index;
        EXPECT_EQ(due->timer, generation[index]);
        EXPECT_GE(last[index], before);
        before = last[index];
        last[index] = core::Instant{};
        ++fired;
    }
    EXPECT_GT(fired, 0u);
    EXPECT_TRUE(std::ranges::all_of(last, [](auto moment) { return moment == core::Instant{}; }));
}

TEST(Timers, FireNoEarlierThanAskedAndAllThatAreDue) {
    boost::asio::io_context io;
    std::vector<core::TimerFired> fired;
    Timers timers{io.get_executor(), [&](const std::vector<core::TimerFired>& some) {
                      fired.insert(fired.end(), some.begin(), some.end());
                  }};
    const auto begun = now();
    timers.arm({instance(0), 1, begun + 20ms});
    timers.arm({instance(1), 1, begun + 5ms});
    timers.arm({instance(2), 1, begun + 10ms});
    timers.disarm(instance(2));
    timers.schedule();
    io.run();  // Returns as soon as nothing is waited for.
    ASSERT_EQ(fired.size(), 2u);
    EXPECT_EQ(fired[0].instance, instance(1));
    EXPECT_EQ(fired[1].instance, instance(0));
    EXPECT_GE(now() - begun, 20ms);
}

}  // namespace
}  // namespace superd::supervisor
