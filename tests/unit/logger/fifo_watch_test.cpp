#include "logger/fifo_watch.hpp"

#include "tests/unit/logger/logger_process.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

// The mask and the limit of this process are as before when the test is over.
class FifoWatchTest : public testing::Test {
protected:
    void SetUp() override {
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
        ::getrlimit(RLIMIT_SIGPENDING, &limit_);
        watch_.emplace(std::move(*FifoWatch::create()));
    }
    void TearDown() override {
        std::vector<int> ignored;
        (void)watch_->take(ignored);
        ::setrlimit(RLIMIT_SIGPENDING, &limit_);
        ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    }

    os::Fd make_fifo(const std::string& name) {
        const std::string path = directory_.path() + '/' + name;
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        os::Fd fifo{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
        EXPECT_TRUE(fifo);
        return fifo;
    }
    // Signals in the queues of other loggers count against the limit of this process: all are of
    // one user. With the limit of before, there is room for its own beside them.
    void make_room() { ::setrlimit(RLIMIT_SIGPENDING, &limit_); }
    bool readable() {
        pollfd state{watch_->descriptor(), POLLIN, 0};
        return ::poll(&state, 1, 0) == 1;
    }

    TemporaryDirectory directory_;
    sigset_t mask_{};
    rlimit limit_{};
    std::optional<FifoWatch> watch_;
};

TEST_F(FifoWatchTest, TellsWhichFifoWasWrittenTo) {
    make_room();
    const os::Fd one = make_fifo("one");
    const os::Fd other = make_fifo("other");
    ASSERT_EQ(FifoWatch::begin(one.get()), 0);
    ASSERT_EQ(FifoWatch::begin(other.get()), 0);
    EXPECT_FALSE(readable());
    write_all(other, "a line\n");
    EXPECT_TRUE(readable());
    std::vector<int> written;
    EXPECT_TRUE(watch_->take(written));
    EXPECT_EQ(written, std::vector<int>{other.get()});
    EXPECT_FALSE(readable());
    // Unread bytes are no reason not to tell of more.
    write_all(other, "another\n");
    EXPECT_TRUE(readable());
}

TEST_F(FifoWatchTest, IsSilentOnceItHasEnded) {
    const os::Fd fifo = make_fifo("fifo");
    ASSERT_EQ(FifoWatch::begin(fifo.get()), 0);
    FifoWatch::end(fifo.get());
    write_all(fifo, "a line\n");
    EXPECT_FALSE(readable());
    EXPECT_EQ(::fcntl(fifo.get(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

TEST_F(FifoWatchTest, SaysSoWhenItDoesNotKnowOfAll) {
    const os::Fd flooded = make_fifo("flooded");
    const os::Fd late = make_fifo("late");
    ASSERT_EQ(FifoWatch::begin(flooded.get()), 0);
    ASSERT_EQ(FifoWatch::begin(late.get()), 0);
    for (int i = 0; i < 2'000; ++i) write_all(flooded, "line\n");
    write_all(late, "a line\n");
    std::vector<int> written;
    EXPECT_FALSE(watch_->take(written));
    EXPECT_LE(written.size(), 1'024u);
    // And from then on it does again.
    make_room();
    written.clear();
    write_all(late, "a line\n");
    EXPECT_TRUE(watch_->take(written));
    EXPECT_EQ(written, std::vector<int>{late.get()});
}

TEST_F(FifoWatchTest, RefusesWhatIsNotOpen) { EXPECT_EQ(FifoWatch::begin(-1), EBADF); }

}  // namespace
}  // namespace superd::logger
