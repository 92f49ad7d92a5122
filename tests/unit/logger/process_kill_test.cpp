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

TEST(LoggerProcess, LosesAndRepeatsNothingOverManyKills) {
    LoggerProcess logger;
    const auto pipes = logger.make_pipes(1);
    // Identical lines on stderr: where the front of the FIFO tells nothing.
    constexpr int kills = 220;
    constexpr int lines_max = 40'000'000;
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::string burst;
        int repeated = 0;
        for (int line = 0; line < lines_max; ++line) {
            burst += "line " + std::to_string(line) + '\n';
            if (line % 37 != 36) continue;
            // A stop between two writes only: SIGTERM's default would cut one short.
            write_all(pipes.out, burst);
            for (int i = 0; i < 50; ++i, ++repeated) write_all(pipes.err, "the same\n");
            burst.clear();
            if (::access((logger.runtime_directory() + "/stop").c_str(), F_OK) == 0) {
                write_all(pipes.out, "end " + std::to_string(line + 1) + '\n');
                write_all(pipes.err, "end " + std::to_string(repeated) + '\n');
                break;
            }
        }
        ::_exit(0);
    }
    std::srand(4711);
    Open open = open_request(1);
    open.policy.keep = 1'000'000;
    open.policy.size_max = 1 << 20;
    for (int kill = 0; kill < kills; ++kill) {
        logger.start();
        logger.connect();
        logger.send(open);
        ::usleep(static_cast<useconds_t>(std::rand() % 25'000));
        logger.kill();
    }
    { std::ofstream stop{logger.runtime_directory() + "/stop"}; }
    logger.start();
    logger.connect();
    logger.send(open);
    int status = -1;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    ASSERT_EQ(status, 0);
    logger.send(Close{1});
    logger.expect<Closed>();
    EXPECT_EQ(logger.terminate(), 0);

    int next = 0;
    int repeated = 0;
    int ends = 0;
    for (const std::string& line : split_lines(logger.all_lines("web"))) {
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

}  // namespace
}  // namespace superd::logger
