#include "logger/journal.hpp"

#include "tests/unit/logger/logger_process.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

// A FIFO with the bytes of a batch and more behind them, and the file that the lines
// of the batch are for. A Journal that is destroyed stands for a logger that is killed.
class JournalTest : public testing::TestWithParam<std::string> {
protected:
    JournalTest()
        : fifo_path_{directory_.path() + "/fifo"},
          file_path_{directory_.path() + "/file"},
          dev_null_{::open("/dev/null", O_WRONLY | O_CLOEXEC)},
          peeker_{std::move(*Peeker::create())} {
        EXPECT_EQ(::mkfifo(fifo_path_.c_str(), 0600), 0);
        fifo_ = os::Fd{::open(fifo_path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
        EXPECT_GE(::fcntl(fifo_.get(), F_SETPIPE_SZ, 1 << 20), 0);
        write_all(fifo_, bytes() + "more");
        std::ofstream{file_path_} << "before\n";
    }
    static const std::string& bytes() { return GetParam(); }
    Journal journal() {
        return std::move(*Journal::open(directory_.path() + "/journal", dev_null_.get()));
    }
    void begin() { journal().begin({fifo_path_, file_path_, 7, 7 + lines_.size()}, bytes()); }
    void write(std::string_view lines) { std::ofstream{file_path_, std::ios::app} << lines; }
    void recover() { journal().recover(peeker_); }
    std::string left() {
        std::string all;
        char some[64 * 1024];
        for (ssize_t got; (got = ::read(fifo_.get(), some, sizeof some)) > 0;)
            all.append(some, static_cast<std::size_t>(got));
        return all;
    }

    TemporaryDirectory directory_;
    const std::string lines_ = "stamped lines\n";
    const std::string fifo_path_;
    const std::string file_path_;
    const os::Fd dev_null_;
    Peeker peeker_;
    os::Fd fifo_;
};

TEST_P(JournalTest, ConsumesTheBatchAndNothingElse) {
    Journal all = journal();
    all.begin({fifo_path_, file_path_, 7, 7 + lines_.size()}, bytes());
    all.consume(fifo_.get(), bytes());
    all.recover(peeker_);
    EXPECT_TRUE(left() == "more");
}

TEST_P(JournalTest, LeavesABatchThatWasNotWrittenInTheFifo) {
    begin();
    recover();
    EXPECT_TRUE(left() == bytes() + "more");
    EXPECT_EQ(read_text_file(file_path_), "before\n");
}

TEST_P(JournalTest, TakesBackLinesThatWereWrittenInPart) {
    begin();
    write("stamped");
    recover();
    EXPECT_TRUE(left() == bytes() + "more");
    EXPECT_EQ(read_text_file(file_path_), "before\n");
}

TEST_P(JournalTest, ConsumesABatchThatWasWritten) {
    begin();
    write(lines_);
    recover();
    EXPECT_TRUE(left() == "more");
    EXPECT_EQ(read_text_file(file_path_), "before\n" + lines_);
    recover();  // It is forgotten.
    EXPECT_EQ(read_text_file(file_path_), "before\n" + lines_);
}

TEST_P(JournalTest, ConsumesTheRestOfABatchKilledBetweenSpliceAndRead) {
    // Small batches, and those that begin as they end, are not spliced.
    const std::string& all = bytes();
    const bool spliced = all.size() > 64 && all.substr(0, 64) != all.substr(all.size() - 64);
    const std::size_t gone = spliced ? all.size() - 64 : 0;
    begin();
    write(lines_);
    ASSERT_EQ(discard(fifo_.get(), gone, dev_null_.get()), gone);
    recover();
    EXPECT_TRUE(left() == "more");
}

TEST_P(JournalTest, SurvivesAFifoThatIsGone) {
    begin();
    write(lines_);
    ASSERT_EQ(::unlink(fifo_path_.c_str()), 0);
    recover();
    EXPECT_EQ(read_text_file(file_path_), "before\n" + lines_);
}

std::string numbers(std::size_t size) {
    std::string text;
    for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + '\n';
    text.resize(size);
    return text;
}

INSTANTIATE_TEST_SUITE_P(Batches, JournalTest,
                         testing::Values("\n", "short\n", numbers(64), numbers(65), numbers(1'000),
                                         numbers(200'000), std::string(65, '\n'),
                                         std::string(200'000, 'x')));

TEST(Journal, BelongsToOneLoggerAtATime) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/journal";
    Journal second = std::move(*Journal::open(path, -1));
    {
        Journal first = std::move(*Journal::open(path, -1));
        EXPECT_TRUE(first.try_lock());
        EXPECT_FALSE(second.try_lock());
    }
    EXPECT_TRUE(second.try_lock());
}

TEST(Journal, ActsOnNoRecordOfAnotherVersion) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/journal";
    const std::string file = directory.path() + "/file";
    auto peeker = Peeker::create();
    ASSERT_TRUE(peeker);
    { std::ofstream{file} << "before\ntorn"; }
    { std::move(*Journal::open(path, -1)).begin({"/none", file, 7, 100}, "bytes"); }
    std::fstream{path} << 'X';  // The first byte of what says that a batch is here.
    std::move(*Journal::open(path, -1)).recover(*peeker);
    EXPECT_EQ(read_text_file(file), "before\ntorn");
}

}  // namespace
}  // namespace superd::logger
