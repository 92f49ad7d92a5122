// Coroutines on a worker's loop: what they wait for, how they are listed, and how they end with it.
#include "tests/unit/sdk/host_fixture.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <superd/service.hpp>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Host = superd::HostFixture;
namespace asio = superd::asio;

class CoroutineLoop : public superd::HostFixture {
protected:
    CoroutineLoop() : HostFixture{SUPERD_COROUTINES} {}

    // Runs `work` on a loop until it and the loop have ended; false when not all ended in time.
    template <class Work>
    bool run(Work work) {
        superd::Context context{host_};
        superd::detail::Loop loop{context};
        const auto whole = [this, &loop, work]() -> asio::awaitable<void> {
            return stop_after(work(loop));
        };
        loop.spawn("test", whole);
        return loop.run();
    }
    asio::awaitable<void> stop_after(asio::awaitable<void> work) {
        co_await std::move(work);
        stop();
    }

    static superd::protocol::Page& page(superd::detail::Loop& loop) {
        return *static_cast<superd::protocol::Page*>(loop.context().host().page);
    }
};

asio::awaitable<void> block(superd::detail::Loop& loop, std::string& seen) {
    const auto here = std::this_thread::get_id();
    const auto answer = [] {
        return std::make_pair(std::string(100, 'x'), std::this_thread::get_id());
    };
    const auto [text, there] = co_await superd::blocking(loop.context(), answer);
    seen += text == std::string(100, 'x') && there != here ? "value " : "wrong ";
    int called = 0;
    const auto nothing = [&called] { ++called; };
    co_await superd::blocking(loop.context(), nothing);
    seen += called == 1 ? "void " : "wrong ";
    const auto fails = []() -> int { throw std::runtime_error{"it did not work"}; };
    try {
        co_await superd::blocking(loop.context(), fails);
    } catch (const std::runtime_error& failure) {
        seen += failure.what();
    }
    if (std::this_thread::get_id() != here) seen += " elsewhere";
}

TEST_F(CoroutineLoop, WaitsForWhatBlocksInAnotherThread) {
    std::string seen;
    EXPECT_TRUE(run([&seen](superd::detail::Loop& loop) { return block(loop, seen); }));
    EXPECT_EQ(seen, "value void it did not work");
}

asio::awaitable<void> sleep_long(superd::detail::Loop& loop, bool& woken_by_stop) {
    const bool goes_on = co_await superd::sleep(loop.context(), 24h);
    woken_by_stop = !goes_on;
}

asio::awaitable<void> begin_sleeper(superd::detail::Loop& loop, bool& woken_by_stop) {
    loop.spawn("sleeper", [&loop, &woken_by_stop] { return sleep_long(loop, woken_by_stop); });
    co_await superd::wait(loop.context(), 1ms);
    const auto& page = *static_cast<superd::protocol::Page*>(loop.context().host().page);
    if (page.slots[0].live.load() != 2) throw std::runtime_error{"two are alive"};
}

TEST_F(CoroutineLoop, EndsSleepersWhenItStops) {
    bool woken_by_stop = false;
    EXPECT_TRUE(
        run([&](superd::detail::Loop& loop) { return begin_sleeper(loop, woken_by_stop); }));
    EXPECT_TRUE(woken_by_stop);
    EXPECT_THAT(lines_, ElementsAre());
    EXPECT_EQ(page_->slots[0].done, 2u);
    for (const auto& task : page_->tasks) EXPECT_EQ(task.id, 0u);
}

std::string states(superd::detail::Loop& loop) {
    const auto& page = *static_cast<superd::protocol::Page*>(loop.context().host().page);
    std::string all;
    for (std::size_t i = 0; i < 8; ++i) {
        const auto& task = page.tasks[i];
        if (task.id == 0) continue;
        constexpr const char* words[] = {"suspended", "running", "cancelled"};
        all += std::string{task.name.text.data()} + " " + words[task.state.load()] +
               (task.id == Host::this_thread.task ? " now; " : "; ");
    }
    return all;
}

asio::awaitable<void> look_at_inner(superd::detail::Loop& loop, std::string& seen) {
    seen += states(loop);
    co_await superd::wait(loop.context(), 1ms);
    seen += "| " + states(loop);
}

asio::awaitable<void> look_at_all(superd::detail::Loop& loop, std::string& seen, bool& woken) {
    loop.spawn("sleeper", [&loop, &woken] { return sleep_long(loop, woken); });
    co_await superd::wait(loop.context(), 1ms);
    seen = states(loop);
    auto inner = look_at_inner(loop, seen);
    co_await superd::task(loop.context(), "inner", std::move(inner));
    seen += "| " + states(loop);
}

TEST_F(CoroutineLoop, TellsWhichCoroutineRunsAndWhichWait) {
    std::string seen;
    bool woken = false;
    EXPECT_TRUE(run([&](superd::detail::Loop& loop) { return look_at_all(loop, seen, woken); }));
    EXPECT_EQ(seen,
              "test running now; sleeper suspended; "
              "test suspended; sleeper suspended; inner running now; | "
              "test suspended; sleeper suspended; inner running now; | "
              "test running now; sleeper suspended; ");
    EXPECT_EQ(this_thread.task, 0u) << "nobody runs any more";
}

asio::awaitable<void> time_out(superd::detail::Loop& loop, std::string& seen) {
    auto work = superd::wait(loop.context(), 24h);
    try {
        co_await superd::task(loop.context(), "slow", std::move(work));
    } catch (const boost::system::system_error& failure) {
        seen = failure.code() == asio::error::operation_aborted ? "cancelled" : failure.what();
    }
    // The limit was the task's alone: this one goes on.
    auto more = superd::wait(loop.context(), 1ms);
    co_await std::move(more);
    seen += ", and on";
}

TEST_F(CoroutineLoop, CancelsATaskAtItsLimitAndThatAlone) {
    host_.task_timeout_ms = 150;
    std::string seen;
    // The whole test is a task with the same limit, begun earlier: it is not listed, so not
    // limited.
    superd::Context context{host_};
    superd::detail::Loop loop{context};
    loop.begin([&] { return stop_after(time_out(loop, seen)); },
               superd::detail::TaskTable::unlisted);
    EXPECT_TRUE(loop.run());
    EXPECT_EQ(seen, "cancelled, and on");
}

asio::awaitable<void> fail_with(std::string what) {
    if (!what.empty()) throw std::runtime_error{what};
    co_return;
}

asio::awaitable<void> begin_failures(superd::detail::Loop& loop) {
    loop.spawn("bad", [] { return fail_with("it is broken"); });
    loop.spawn("good", [] { return fail_with(""); });
    co_await superd::wait(loop.context(), 1ms);
}

TEST_F(CoroutineLoop, LogsAnExceptionAndGoesOn) {
    EXPECT_TRUE(run([](superd::detail::Loop& loop) { return begin_failures(loop); }));
    EXPECT_THAT(lines_, ElementsAre("a coroutine ended with an exception: it is broken"));
}

TEST_F(CoroutineLoop, IsCutOffWhenTheDrainTakesTooLong) {
    host_.drain_timeout_ms = 50;
    superd::Context context{host_};
    superd::detail::Loop loop{context};
    loop.spawn("stubborn", [&loop] { return superd::wait(loop.context(), 24h); });
    stop();
    EXPECT_FALSE(loop.run());
}

}  // namespace
