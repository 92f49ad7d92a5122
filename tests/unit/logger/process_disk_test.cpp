// The disk is full or hangs, with the real superd-logger.
#include "tests/unit/logger/logger_process.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

// A tmpfs with little room at `path`, for as long as this lives; `mounted` is false
// where mounting is not permitted.
class SmallDisk {
public:
    explicit SmallDisk(const std::string& path) : path_{path} {
        mounted_ = ::mount("superd-test", path.c_str(), "tmpfs", 0, "size=256k,mode=0750") == 0;
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    bool mounted() const { return mounted_; }
    void fill() { std::ofstream{path_ + "/ballast"} << std::string(1u << 20, 'b'); }
    void make_room() { std::filesystem::remove(path_ + "/ballast"); }

private:
    std::string path_;
    bool mounted_ = false;
};

// A mount that only this test process sees, and whoever it starts.
bool own_mounts() {
    static const bool done = ::unshare(CLONE_NEWNS) == 0 &&
                             ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    return done;
}

class FullDisk : public testing::Test {
protected:
    void SetUp() override {
        if (!own_mounts()) GTEST_SKIP() << "needs CAP_SYS_ADMIN to mount a small file system";
        disk_ = std::make_unique<SmallDisk>(logger_.log_directory());
        if (!disk_->mounted()) GTEST_SKIP() << "cannot mount a small file system here";
        logger_.start();
        logger_.connect();
    }
    void TearDown() override {
        if (logger_.pid() != 0) logger_.kill();
    }
    LoggerProcess logger_;
    std::unique_ptr<SmallDisk> disk_;
};

std::string numbered(int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) text += "line " + std::to_string(i) + '\n';
    return text;
}

TEST_F(FullDisk, DropsTheOldestLinesAndCountsThem) {
    const auto pipes = logger_.make_pipes(1);
    disk_->fill();
    logger_.send(open_request(1));
    // More than the largest FIFO holds: it does not wait for the disk.
    constexpr int lines = 400'000;
    for (int i = 0; i < lines; i += 1'000) write_all(pipes.out, numbered(i, i + 1'000));
    const Trouble trouble = logger_.expect<Trouble>();
    EXPECT_NE(trouble.text.find("No space left on device"), std::string::npos) << trouble.text;
    std::uint64_t told = logger_.expect<Dropped>().lines;
    disk_->make_room();
    // Its backlog is larger than the disk: only that it goes on, and what it tells, counts.
    write_all(pipes.err, "after\n");
    logger_.send(Close{1});
    for (bool closed = false; !closed;) {
        const Reply reply = logger_.next();
        if (const auto* dropped = std::get_if<Dropped>(&reply)) {
            told += dropped->lines;
            EXPECT_EQ(dropped->unit, "web");
            EXPECT_EQ(dropped->cause, "No space left on device");
        }
        closed = std::holds_alternative<Closed>(reply);
    }
    EXPECT_GT(told, static_cast<std::uint64_t>(lines) / 2);
    std::uint64_t stored = 0;
    for (const std::string& line : split_lines(logger_.all_lines("web")))
        if (message_of(line).starts_with("line ") || message_of(line) == "after") ++stored;
    EXPECT_EQ(told + stored, static_cast<std::uint64_t>(lines) + 1);
}

TEST_F(FullDisk, SaysInTheLogHowManyLinesAreMissing) {
    const auto pipes = logger_.make_pipes(1);
    disk_->fill();
    logger_.send(open_request(1));
    write_all(pipes.out, "first\n");
    logger_.expect<Trouble>();
    // The first line stays in the FIFO, which is half full only after 512 KiB.
    for (int i = 0; i < 20; ++i) write_all(pipes.out, std::string(64 * 1024 - 1, 'x') + '\n');
    const std::uint64_t dropped = logger_.expect<Dropped>().lines;
    EXPECT_GT(dropped, 0u);
    disk_->make_room();
    // The note comes with the first batch that can be written; no event tells when.
    std::string text;
    for (int tries = 0; tries < 1'000 && text.find("were dropped") == std::string::npos; ++tries) {
        write_all(pipes.err, "tick\n");
        ::usleep(50'000);
        text = read_text_file(logger_.log_file("web"));
    }
    EXPECT_NE(text.find("] superd: "), std::string::npos);
    EXPECT_NE(text.find(" lines were dropped: No space left on device\n"), std::string::npos);
}

TEST_F(FullDisk, MakesAServiceWaitThatMustLoseNothing) {
    const auto pipes = logger_.make_pipes(1);
    disk_->fill();
    Open open = open_request(1);
    open.policy.when_full = WhenFull::block;
    open.policy.size_max = 20'000;
    open.policy.keep = 2;
    logger_.send(open);
    std::atomic<bool> written{false};
    std::thread service{[&] {
        for (int i = 0; i < 200'000; i += 1'000) write_all(pipes.out, numbered(i, i + 1'000));
        written = true;
    }};
    logger_.expect<Trouble>();
    ::usleep(300'000);  // It must not come to its end; there is no event for that.
    EXPECT_FALSE(written);
    disk_->make_room();
    service.join();
    logger_.send(Close{1});
    logger_.expect<Closed>();
    const auto messages = messages_of(logger_.all_lines("web"));
    ASSERT_FALSE(messages.empty());
    EXPECT_EQ(messages.back(), "line 199999");
    for (std::size_t i = 0; i < messages.size(); ++i)
        ASSERT_EQ(messages[i], "line " + std::to_string(200'000 - messages.size() + i));
}

TEST_F(FullDisk, ClosesAServiceWhoseLinesFindNoRoom) {
    const auto pipes = logger_.make_pipes(1);
    disk_->fill();
    logger_.send(open_request(1));
    write_all(pipes.out, "lost\n");
    logger_.expect<Trouble>();
    logger_.send(Drain{1});
    EXPECT_EQ(logger_.expect<Tail>().lines, std::vector<std::string>{"out: lost"});
    logger_.send(Close{1});
    EXPECT_EQ(logger_.expect<Dropped>().lines, 1u);
    EXPECT_EQ(logger_.expect<Closed>().run, 1u);
}

// A log file that is a FIFO which nobody reads: writing to it hangs, as an NFS server
// does that has gone away.
TEST(HangingDisk, HoldsUpNoService) {
    LoggerProcess logger;
    std::filesystem::create_directory(logger.log_directory() + "/web");
    ASSERT_EQ(::mkfifo(logger.log_file("web").c_str(), 0600), 0);
    logger.start();
    logger.connect();
    const auto web = logger.make_pipes(1);
    const auto db = logger.make_pipes(2);
    logger.send(open_request(1));
    logger.send(open_request(2, "db"));
    constexpr int lines = 300'000;
    const auto write_lines = [](const os::Fd& pipe) {
        for (int i = 0; i < lines; i += 1'000) write_all(pipe, numbered(i, i + 1'000));
    };
    std::thread one{[&] { write_lines(web.out); }};
    EXPECT_NE(logger.expect<Trouble>().text.find("the disk does not answer"), std::string::npos);
    write_lines(db.out);
    one.join();  // Both have written everything, though the disk still hangs.
    const os::Fd reader{::open(logger.log_file("web").c_str(), O_RDWR | O_CLOEXEC)};
    std::atomic<bool> done{false};
    std::string read;
    std::thread disk{[&] {
        while (!done) read = read_until(reader, "\n");
    }};
    logger.send(Close{2});
    EXPECT_EQ(logger.expect<Closed>().run, 2u);
    std::uint64_t stored = 0;
    std::uint64_t noted = 0;
    for (const std::string& message : messages_of(logger.all_lines("db"))) {
        if (message.starts_with("line "))
            ++stored;
        else
            noted += std::stoull(message);  // "123 lines were dropped: …"
    }
    EXPECT_EQ(stored + noted, static_cast<std::uint64_t>(lines));
    EXPECT_GT(stored, 0u);
    EXPECT_GT(noted, 0u);
    logger.send(Close{1});
    EXPECT_EQ(logger.expect<Closed>().run, 1u);
    done = true;
    write_all(reader, "\n");
    disk.join();
}

}  // namespace
}  // namespace superd::logger
