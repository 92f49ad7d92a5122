// How a worker ends: with what its service returns or throws, and in time.
#include "tests/unit/sdk/host_fixture.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <superd/service.hpp>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::IsEmpty;
namespace asio = superd::asio;

constexpr unsigned patience_s = 60;

// Takes connections of a listener of its own.
class Ending : public superd::HostFixture {
protected:
    explicit Ending(superd_abi_model model) : HostFixture{model} {
        GTEST_FLAG_SET(death_test_style, "threadsafe");
    }
    ~Ending() override {
        if (listener_.fd > 0) ::close(listener_.fd);
    }

    template <class S>
    int serve() {
        return superd::detail::run<S>(&host_);
    }

    // Three connections end badly, each with `line` in the log, and the next is served.
    template <class S>
    void expect_to_outlast(const std::string& line) {
        listen();
        int code = -1;
        std::thread worker{[&] { code = serve<S>(); }};
        for (int i = 0; i < S::bad; ++i) EXPECT_EQ(answer(), "");
        EXPECT_EQ(answer(), "x");
        stop();
        worker.join();
        EXPECT_EQ(code, 0);
        EXPECT_EQ(lines_, std::vector<std::string>(S::bad, line));
    }

    // The same, in a process that may end itself: its log is what it says.
    template <class S>
    void serve_and_exit() {
        host_.log = [](int, const char* text, std::size_t size) {
            std::fprintf(stderr, "%.*s\n", static_cast<int>(size), text);
        };
        ::alarm(patience_s);
        std::exit(serve<S>());
    }

    void listen() {
        listener_.name = "http";
        listener_.stream = 1;
        listener_.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        auto* const address = reinterpret_cast<sockaddr*>(&address_);
        ASSERT_EQ(::bind(listener_.fd, address, size), 0);
        ASSERT_EQ(::listen(listener_.fd, 16), 0);
        ASSERT_EQ(::getsockname(listener_.fd, address, &size), 0);
        host_.listeners = &listener_;
        host_.listener_count = 1;
    }

    // What is answered to a connection that says nothing.
    std::string answer() const {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval patience{.tv_sec = patience_s, .tv_usec = 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        std::string text = "cannot connect";
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0) {
            char byte = 0;
            const auto count = ::recv(fd, &byte, 1, 0);
            text = count < 0 ? "nothing" : std::string(static_cast<std::size_t>(count), byte);
        }
        ::close(fd);
        return text;
    }

    superd_abi_listener listener_{};
    sockaddr_in address_{};
};

class EndingOfThreads : public Ending {
protected:
    EndingOfThreads() : Ending{SUPERD_THREADS} {}
};
class EndingOfCoroutines : public Ending {
protected:
    EndingOfCoroutines() : Ending{SUPERD_COROUTINES} {}
};
class EndingOfAProcess : public Ending {
protected:
    EndingOfAProcess() : Ending{SUPERD_PROCESSES} {}
};

// Throws what is no std::exception until it has done so often enough.
struct ThrowsNumbers {
    static constexpr int bad = 3;
    std::atomic<int> seen = 0;
    void connection(superd::Context&, superd::Slot&, superd::Socket socket) {
        if (++seen <= bad) throw 42;
        socket.write("x");
    }
    // No coroutine itself.
    asio::awaitable<void> connection(superd::Context&, asio::ip::tcp::socket socket) {
        if (++seen <= bad) throw 42;
        return greet(std::move(socket));
    }
    static asio::awaitable<void> greet(asio::ip::tcp::socket socket) {
        const auto x = asio::buffer("x", 1);
        co_await socket.async_send(x, asio::use_awaitable);
    }
};

TEST_F(EndingOfThreads, AnExceptionOfAnyTypeEndsOnlyItsConnection) {
    expect_to_outlast<ThrowsNumbers>("a connection ended with an exception of an unknown type");
}

TEST_F(EndingOfCoroutines, AnExceptionBeforeThereIsACoroutineEndsOnlyItsConnection) {
    expect_to_outlast<ThrowsNumbers>("a coroutine ended with an exception of an unknown type");
}

struct LacksAThing {
    void thread(superd::Context&, superd::Slot&) { throw superd::config_error{"no such thing"}; }
    asio::awaitable<void> run(superd::Context&) {
        throw superd::config_error{"no such thing"};
        co_return;
    }
};

TEST_F(EndingOfThreads, WhatThreadThrowsIsTheWorkersEnd) {
    EXPECT_EQ(serve<LacksAThing>(), 78);
    EXPECT_THAT(lines_, ElementsAre("cannot use the configuration: no such thing"));
    EXPECT_THAT(told_, Contains("STATUS=no such thing"));
}

TEST_F(EndingOfCoroutines, WhatRunThrowsIsTheWorkersEnd) {
    EXPECT_EQ(serve<LacksAThing>(), 78);
    EXPECT_THAT(lines_, ElementsAre("cannot use the configuration: no such thing"));
}

struct BreaksWhileOthersRun {
    std::atomic<int> threads = 0;
    void thread(superd::Context& context, superd::Slot&) {
        if (threads++ == 0) throw 42;
        while (!context.stopping()) std::this_thread::sleep_for(1h);
    }
    // No coroutine itself.
    asio::awaitable<void> run(superd::Context& context) {
        context.spawn("waits", [&context] { return superd::wait(context, 24h); });
        throw std::runtime_error{"it is broken"};
    }
};

TEST_F(EndingOfThreads, WhatStillRunsAfterAnErrorIsCutOff) {
    EXPECT_EXIT(serve_and_exit<BreaksWhileOthersRun>(), ExitedWithCode(1),
                "the service ended with an exception of an unknown type");
}

TEST_F(EndingOfCoroutines, WhatStillRunsAfterAnErrorIsCutOff) {
    EXPECT_EXIT(serve_and_exit<BreaksWhileOthersRun>(), ExitedWithCode(1),
                "the service ended with an exception: it is broken");
}

struct IsDone {
    void thread(superd::Context&, superd::Slot&) {}
    asio::awaitable<void> run(superd::Context& context) {
        context.spawn("more", [&context] { return superd::wait(context, 1ms); });
        co_return;
    }
};

TEST_F(EndingOfThreads, NothingIsLeftWhenAllHaveReturned) {
    EXPECT_EQ(serve<IsDone>(), 0);
    EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(EndingOfCoroutines, NothingIsLeftWhenRunAndWhatItBeganHaveReturned) {
    EXPECT_EQ(serve<IsDone>(), 0);
    EXPECT_THAT(lines_, IsEmpty());
}

// Outlives its task-timeout, and ends as its stop has it.
struct WaitsForTheStop {
    asio::awaitable<void> run(superd::Context& context) {
        asio::steady_timer timer{context.loop().io(), 24h};
        const superd::Idle idle{context, timer};
        context.slot().note("waits");
        co_await timer.async_wait(asio::use_awaitable);
    }
};

TEST_F(EndingOfCoroutines, AWaitOfRunThatTheStopCancelsIsNoError) {
    host_.task_timeout_ms = 1;
    int code = -1;
    std::thread worker{[&] { code = serve<WaitsForTheStop>(); }};
    const auto& beat = page_->slots[0].beat_ns;
    std::uint64_t beats = 0;  // Each of which looks for what has taken too long.
    for (std::uint64_t last = 0; beats < 3; beats += std::exchange(last, beat.load()) != beat)
        std::this_thread::yield();
    stop();
    worker.join();
    EXPECT_EQ(code, 0);
    EXPECT_THAT(lines_, IsEmpty());
}

struct NeverEnds {
    static void sleep() { std::this_thread::sleep_for(1h); }
    int run(superd::Context&) {
        sleep();
        return 0;
    }
    void thread(superd::Context&, superd::Slot&) { sleep(); }
    explicit NeverEnds(superd::Context& context) {
        if (context.model() == superd::Model::coroutines) context.spawn("side", [] { sleep(); });
    }
    asio::awaitable<void> connection(superd::Context&, asio::ip::tcp::socket) { co_return; }
};

constexpr const char* over = "drain-timeout is over: what still runs is cut off";

// Its deadline has passed long before anybody looks.
TEST_F(EndingOfAProcess, IsCutOffWhenItsTimeIsOver) {
    host_.drain_timeout_ms = 1;
    stop();
    stop_ns = stop_ns - 1'000'000'000;
    EXPECT_EXIT(serve_and_exit<NeverEnds>(), ExitedWithCode(0), over);
}

TEST_F(EndingOfThreads, AreCutOffWhenTheirTimeIsOver) {
    host_.drain_timeout_ms = 1;
    stop();
    EXPECT_EXIT(serve_and_exit<NeverEnds>(), ExitedWithCode(0), over);
}

TEST_F(EndingOfCoroutines, AThreadBesideTheLoopIsCutOffWhenItsTimeIsOver) {
    host_.drain_timeout_ms = 1;
    stop();
    EXPECT_EXIT(serve_and_exit<NeverEnds>(), ExitedWithCode(0), over);
}

struct RefusesWithAThreadBegun {
    explicit RefusesWithAThreadBegun(superd::Context& context) {
        context.spawn("side", [] { NeverEnds::sleep(); });
        throw superd::config_error{"no such thing"};
    }
    int run(superd::Context&) { return 0; }
};

TEST_F(EndingOfAProcess, AThreadDoesNotKeepAnError) {
    EXPECT_EXIT(serve_and_exit<RefusesWithAThreadBegun>(), ExitedWithCode(78), "no such thing");
}

[[noreturn]] void leave_with(const char* text, bool locked) {
    ::alarm(patience_s);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    std::setvbuf(stdout, nullptr, _IOFBF, 4096);
    std::fputs(text, stdout);
    std::thread{[locked] {
        if (locked) ::flockfile(stdout);
    }}.join();
    superd::detail::leave(3);
}

TEST(Leaving, KeepsWhatWasPrinted) {
    EXPECT_EXIT(leave_with("said", false), ExitedWithCode(3), "said");
    EXPECT_EXIT(leave_with("said", true), ExitedWithCode(3), "") << "whoever has the lock";
}

TEST(Waiting, EndsAtItsDeadlineWhateverSignalsCome) {
    using Clock = std::chrono::steady_clock;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    EXPECT_FALSE(superd::detail::await_readable(ends[0], Clock::now() - 1h));
    struct sigaction before{}, nothing{};
    nothing.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &nothing, &before);
    const itimerval often{.it_interval = {0, 1000}, .it_value = {0, 1000}}, never{};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    const auto deadline = Clock::now() + 50ms;
    EXPECT_FALSE(superd::detail::await_readable(ends[0], deadline));
    EXPECT_GE(Clock::now(), deadline);
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before, nullptr);
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    EXPECT_TRUE(superd::detail::await_readable(ends[0], Clock::time_point::max()));
    for (const int end : ends) ::close(end);
}

}  // namespace
