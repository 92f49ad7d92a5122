// The kinds that wait: notify, log, fd, delay.
#include "tests/unit/supervisor/ready_fixture.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;
using config::ReadyKind;

core::Instant now() { return core::Instant{std::chrono::steady_clock::now().time_since_epoch()}; }

struct Pipe {
    Pipe() {
        int ends[2];
        EXPECT_EQ(0, ::pipe2(ends, O_CLOEXEC));
        reading = os::Fd{ends[0]};
        writing = os::Fd{ends[1]};
    }
    void write(std::string_view text) {
        ASSERT_EQ(static_cast<ssize_t>(text.size()),
                  ::write(writing.get(), text.data(), text.size()));
    }
    os::Fd reading, writing;
};

TEST_F(Readiness, IsToldForNotifyAndLog) {
    watch({.kind = ReadyKind::notify});
    EXPECT_EQ("no READY=1 yet", watch_->progress());
    watch_->told();
    EXPECT_EQ(true, said_);
    watch_->told();  // A second READY=1 is no second callback.

    said_.reset();
    watch({.kind = ReadyKind::log, .pattern = "^up$"});
    EXPECT_EQ("no line of its log matches ready.log yet", watch_->progress());
    destroy_ = true;
    watch_->told();
    EXPECT_EQ(true, said_);
    EXPECT_EQ(nullptr, watch_);
}

TEST_F(Readiness, DescriptorIsReadyWithTheFirstWholeLine) {
    Pipe pipe;
    watch({.kind = ReadyKind::fd, .fd = 3}, {}, std::move(pipe.reading));
    EXPECT_EQ("no line on descriptor 3 yet", watch_->progress());
    pipe.write("almo");
    io_.run_one_for(10s);
    EXPECT_FALSE(said_);
    pipe.write("st\nrest");
    destroy_ = true;
    run_until_said();
    EXPECT_EQ(true, said_);
}

TEST_F(Readiness, DescriptorsLineStaysForASupervisorAfterUs) {
    Pipe pipe;
    pipe.write("ready\n");
    pipe.writing.reset();
    for (int i = 0; i < 2; ++i) {
        watch({.kind = ReadyKind::fd, .fd = 3}, {}, os::Fd{::dup(pipe.reading.get())});
        run_until_said();
        EXPECT_EQ(true, said_);
        said_.reset();
    }
}

TEST_F(Readiness, DescriptorClosedBeforeALineCanNeverBeReady) {
    Pipe pipe;
    pipe.write("no newline");
    pipe.writing.reset();
    watch({.kind = ReadyKind::fd, .fd = 3}, {}, std::move(pipe.reading));
    run_until_said();
    EXPECT_EQ(false, said_);
}

TEST_F(Readiness, DescriptorThatIsMissingCanNeverBeReady) {
    watch({.kind = ReadyKind::fd, .fd = 3});
    EXPECT_FALSE(said_) << "never before make() has returned";
    destroy_ = true;
    run_until_said();
    EXPECT_EQ(false, said_);
}

TEST_F(Readiness, DescriptorFloodedWithoutANewlineDoesNotHoldUpTheLoop) {
    Pipe pipe;
    pipe.write(std::string(60'000, 'x'));
    watch({.kind = ReadyKind::fd, .fd = 3}, {}, std::move(pipe.reading));
    EXPECT_EQ(1u, io_.run_one_for(10s));
    int left = 0;
    ::fcntl(pipe.writing.get(), F_SETFL, O_NONBLOCK);
    while (::write(pipe.writing.get(), "y", 1) == 1) ++left;
    EXPECT_LT(left, 60'000) << "one turn reads one buffer";
    EXPECT_FALSE(said_);
}

TEST_F(Readiness, DelayCountsFromTheStartOfTheRun) {
    const auto begin = std::chrono::steady_clock::now();
    watch({.kind = ReadyKind::delay, .delay = 1h}, {.started = now() - 1h + 30ms});
    EXPECT_TRUE(watch_->progress().starts_with("delay ends in ")) << watch_->progress();
    destroy_ = true;
    run_until_said();
    EXPECT_EQ(true, said_);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 29ms);

    said_.reset();
    watch({.kind = ReadyKind::delay, .delay = 1s}, {.started = now() - 1h});
    EXPECT_EQ("delay ends in 0 ms", watch_->progress());
    run_until_said();
    EXPECT_EQ(true, said_);
}

TEST_F(Readiness, NothingIsCalledAfterTheWatchIsDestroyed) {
    Pipe pipe;
    pipe.write("\n");
    watch({.kind = ReadyKind::fd, .fd = 3}, {}, std::move(pipe.reading));
    expect_nothing_left();
    watch({.kind = ReadyKind::delay, .delay = 1ns}, {.started = now() - 1s});
    expect_nothing_left();
    watch({.kind = ReadyKind::fd, .fd = 3});
    expect_nothing_left();
    EXPECT_FALSE(said_);
}

}  // namespace
}  // namespace superd::supervisor
