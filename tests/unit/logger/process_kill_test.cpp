#include "tests/unit/logger/logger_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

constexpr int kills = 220;

// Numbered lines on stdout until the file `stop` is there. Identical ones on stderr: where
// the front of the FIFO tells nothing. The last line of each says how many there were.
void write_lines(const LoggerProcess::Pipes& pipes, const std::string& stop) {
    constexpr int lines_max = 40'000'000;
    std::string burst;
    int repeated = 0;
    for (int line = 0; line < lines_max; ++line) {
        burst += "line " + std::to_string(line) + '\n';
        if (line % 37 != 36) continue;
        // A stop between two writes only: SIGTERM's default would cut one short.
        write_all(pipes.out, burst);
        for (int i = 0; i < 50; ++i, ++repeated) write_all(pipes.err, "the same\n");
        burst.clear();
        if (::access(stop.c_str(), F_OK) == 0) {
            write_all(pipes.out, "end " + std::to_string(line + 1) + '\n');
            write_all(pipes.err, "end " + std::to_string(repeated) + '\n');
            break;
        }
    }
}

void expect_every_line_once(const std::string& text) {
    int next = 0;
    int repeated = 0;
    int ends = 0;
    for (const std::string& line : split_lines(text)) {
        const std::string message = message_of(line);
        if (message == "the same") {
            ++repeated;
        } else if (line.find("err: end ") != std::string::npos) {
            EXPECT_EQ(message, "end " + std::to_string(repeated));
            ++ends;
        } else if (message.starts_with("end ")) {
            EXPECT_EQ(message, "end " + std::to_string(next));
            ++ends;
        } else {
            ASSERT_EQ(message, "line " + std::to_string(next));
            ++next;
        }
    }
    EXPECT_EQ(ends, 2);
    std::printf("%d kills, %d numbered and %d equal lines\n", kills, next, repeated);
    EXPECT_GT(next, kills);
}

TEST(LoggerProcess, LosesAndRepeatsNothingOverManyKills) {
    LoggerProcess logger;
    const auto pipes = logger.make_pipes(1);
    const std::string stop = logger.runtime_directory() + "/stop";
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        write_lines(pipes, stop);
        ::_exit(0);
    }
    std::srand(4711);
    Open open = open_request(1);
    open.policy.keep = 1'000'000;
    // Else a machine that stands still for two seconds looks like a disk that does.
    open.policy.when_full = WhenFull::block;
    open.policy.size_max = 1 << 20;
    for (int kill = 0; kill < kills; ++kill) {
        logger.start();
        logger.connect();
        logger.send(open);
        ::usleep(static_cast<useconds_t>(std::rand() % 25'000));
        logger.kill();
    }
    { std::ofstream{stop}; }
    logger.start();
    logger.connect();
    logger.send(open);
    int status = -1;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    ASSERT_EQ(status, 0);
    logger.send(Close{1});
    logger.expect<Closed>();
    EXPECT_EQ(logger.terminate(), 0);
    expect_every_line_once(logger.all_lines("web"));
}

}  // namespace
}  // namespace superd::logger
