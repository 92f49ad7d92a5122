// What becomes of the lines that services write, with the real superd-logger.
#include "tests/unit/logger/logger_process.hpp"

#include <sys/stat.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

TEST(LoggerProcess, StampsLinesAndTellsTheLast) {
    LoggerProcess logger;
    const auto pipes = logger.make_pipes(7);
    logger.connect();
    logger.send(open_request(7));
    write_all(pipes.out, "one\ntwo\nunfinished");
    logger.start();
    logger.send(Drain{7});
    EXPECT_EQ(logger.expect<Tail>().lines,
              (std::vector<std::string>{"out: one", "out: two", "out: unfinished"}));
    write_all(pipes.err, "last words \x1b[2J\n");
    logger.send(Close{7});
    EXPECT_EQ(logger.expect<Tail>().lines.back(), "err: last words \\x1b[2J");
    EXPECT_EQ(logger.expect<Closed>().run, 7u);
    const auto lines = split_lines(read_text_file(logger.log_file("web")));
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_EQ(lines[0].substr(27), " web/0[1007] out: one");
    EXPECT_EQ(lines[3].substr(27), " web/0[1007] err: last words \x1b[2J");
    EXPECT_EQ(logger.terminate(), 0);
}

TEST(LoggerProcess, TakesAHundredMegabytesWithoutANewline) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    const auto pipes = logger.make_pipes(1);
    Open open = open_request(1);
    open.policy.size_max = 0;
    // Else a machine that stands still for two seconds looks like a disk that does.
    open.policy.when_full = WhenFull::block;
    logger.send(open);
    constexpr std::size_t size = 100u << 20;
    {
        const std::string chunk(1u << 20, 'x');
        for (std::size_t done = 0; done < size; done += chunk.size()) write_all(pipes.out, chunk);
    }
    write_all(pipes.err, "still heard\n");
    // VmHWM: the peak of what the process ever had in memory.
    const std::string status = read_text_file("/proc/" + std::to_string(logger.pid()) + "/status");
    const long peak_kib = std::stol(status.substr(status.find("VmHWM:") + 6));
    logger.send(Close{1});
    logger.expect<Closed>();
    std::size_t bytes = 0;
    std::size_t others = 0;
    std::ifstream file{logger.log_file("web")};
    for (std::string line; std::getline(file, line);) {
        const std::string text = message_of(line);
        if (text == "still heard")
            ++others;
        else
            bytes += text.size();
        ASSERT_LE(text.size(), 16u * 1024);
    }
    EXPECT_EQ(bytes, size);
    EXPECT_EQ(others, 1u);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(peak_kib, 16 * 1024);
#endif
    EXPECT_GT(peak_kib, 0);
}

TEST(LoggerProcess, WaitsForTheRestOfALine) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    const auto pipes = logger.make_pipes(1);
    logger.send(open_request(1));
    for (const char c : std::string_view{"one line, byte by byte\n"}) {
        write_all(pipes.out, std::string(1, c));
        ::usleep(200);  // No event tells that a part was looked at; it need not be.
    }
    logger.send(Drain{1});
    EXPECT_EQ(logger.expect<Tail>().lines, std::vector<std::string>{"out: one line, byte by byte"});
    EXPECT_EQ(split_lines(logger.all_lines("web")).size(), 1u);
}

TEST(LoggerProcess, TellsOnceThatTheServiceSaidReady) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    const auto pipes = logger.make_pipes(1);
    Open open = open_request(1);
    open.ready_pattern = "^listening on \\d+$";
    logger.send(open);
    write_all(pipes.out, "starting\nlistening on x\nlistening on 80\nlistening on 81\n");
    EXPECT_EQ(logger.expect<Matched>().run, 1u);
    // A supervisor that did not hear of it asks again, of this logger or the next.
    logger.connect();
    logger.send(open);
    EXPECT_EQ(logger.expect<Matched>().run, 1u);
    logger.kill();
    logger.start();
    logger.connect();
    logger.send(open);
    EXPECT_EQ(logger.expect<Matched>().run, 1u);
    logger.send(Close{1});
    logger.expect<Closed>();
    // Nothing but the answers to Close is left: it was told once each time.
    logger.send(Close{1});
    EXPECT_EQ(logger.expect<Closed>().run, 1u);
}

TEST(LoggerProcess, DoesNotTakeAnEarlierRunsLineForReady) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    Open open = open_request(1);
    const auto first = logger.make_pipes(1);
    open.ready_pattern = "ready";
    logger.send(open);
    write_all(first.out, "ready\n");
    logger.expect<Matched>();
    logger.send(Close{1});
    logger.expect<Closed>();
    open.run = 2;  // With the same pid.
    const auto second = logger.make_pipes(2);
    logger.send(open);
    write_all(second.out, "wait\n");
    logger.send(Drain{2});
    EXPECT_EQ(logger.expect<Tail>().lines.size(), 1u);
    write_all(second.out, "ready\n");
    EXPECT_EQ(logger.expect<Matched>().run, 2u);
}

TEST(LoggerProcess, SurvivesAPatternThatIsNone) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    const auto pipes = logger.make_pipes(1);
    Open open = open_request(1);
    open.ready_pattern = "(";
    logger.send(open);
    write_all(pipes.out, "(\n");
    logger.send(Drain{1});
    EXPECT_EQ(logger.expect<Tail>().lines, std::vector<std::string>{"out: ("});
}

TEST(LoggerProcess, AnswersForRunsItDoesNotKnowAndFifosThatAreMissing) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    logger.send(Drain{5});
    EXPECT_TRUE(logger.expect<Tail>().lines.empty());
    logger.send(Close{5});
    EXPECT_EQ(logger.expect<Closed>().run, 5u);
    logger.send(open_request(6));
    EXPECT_NE(logger.expect<Trouble>().text.find("6.out: No such file"), std::string::npos);
    logger.send(Close{6});
    EXPECT_EQ(logger.expect<Closed>().run, 6u);
    logger.send(open_request(7, "../evil"));
    EXPECT_NE(logger.expect<Trouble>().text.find("cannot log run 7"), std::string::npos);
}

TEST(LoggerProcess, RotatesAndKeepsABoundedNumberOfFiles) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    const auto pipes = logger.make_pipes(1);
    Open open = open_request(1);
    open.policy.size_max = 4096;
    open.policy.keep = 3;
    open.policy.format = Format::json;
    logger.send(open);
    for (int i = 0; i < 1'000; ++i) write_all(pipes.out, "line " + std::to_string(i) + "\n");
    logger.send(Close{1});
    logger.expect<Closed>();
    EXPECT_EQ(logger.terminate(), 0);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{logger.log_directory() + "/web"}) {
        ++files;
        EXPECT_LE(entry.file_size(), 4096u + 200u);
    }
    EXPECT_LE(files, 4u);
    EXPECT_GT(files, 1u);
    const auto messages = messages_of(logger.all_lines("web"));
    ASSERT_FALSE(messages.empty());
    EXPECT_EQ(messages.back(), "line 999");
    for (std::size_t i = 0; i < messages.size(); ++i)
        EXPECT_EQ(messages[i], "line " + std::to_string(1'000 - messages.size() + i));
}

TEST(LoggerProcess, RotatesAFileThatHasBecomeOld) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    const auto pipes = logger.make_pipes(1);
    Open open = open_request(1);
    open.policy.age_max = std::chrono::seconds{1};
    open.policy.compress = false;
    logger.send(open);
    const auto say = [&](const std::string& line) {
        write_all(pipes.out, line + '\n');
        logger.send(Drain{1});
        logger.expect<Tail>();
    };
    say("old");
    say("as old");
    ::usleep(1'100'000);  // The age of a file can only be waited for.
    say("new");
    EXPECT_EQ(messages_of(read_text_file(logger.log_file("web"))), std::vector<std::string>{"new"});
    EXPECT_EQ(messages_of(logger.all_lines("web")),
              (std::vector<std::string>{"old", "as old", "new"}));
}

TEST(LoggerProcess, WritesToTheNewFileAfterReopen) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    const auto pipes = logger.make_pipes(1);
    logger.send(open_request(1));
    write_all(pipes.out, "old\n");
    logger.send(Drain{1});
    logger.expect<Tail>();
    std::filesystem::rename(logger.log_file("web"), logger.log_file("web") + "-moved");
    logger.send(Reopen{});
    logger.send(Drain{1});
    logger.expect<Tail>();
    write_all(pipes.out, "new\n");
    logger.send(Drain{1});
    logger.expect<Tail>();
    EXPECT_EQ(messages_of(read_text_file(logger.log_file("web"))), std::vector<std::string>{"new"});
    EXPECT_EQ(messages_of(read_text_file(logger.log_file("web") + "-moved")),
              std::vector<std::string>{"old"});
}

TEST(LoggerProcess, DrainsEverythingWhenItIsToldToEnd) {
    LoggerProcess logger;
    std::vector<LoggerProcess::Pipes> pipes;
    logger.connect();
    for (std::uint64_t run = 1; run <= 20; ++run) {
        pipes.push_back(logger.make_pipes(run));
        write_all(pipes.back().err, "line of " + std::to_string(run) + "\npart");
        logger.send(open_request(run, "unit" + std::to_string(run)));
    }
    logger.send(Drain{1'000});
    logger.start();
    logger.expect<Tail>();  // So it has read the requests before it.
    EXPECT_EQ(logger.terminate(), 0);
    for (std::uint64_t run = 1; run <= 20; ++run)
        EXPECT_EQ(messages_of(logger.all_lines("unit" + std::to_string(run))),
                  std::vector<std::string>{"line of " + std::to_string(run)});
}

TEST(LoggerProcess, SharesAFileBetweenRunsAndInstancesHaveTheirOwn) {
    LoggerProcess logger;
    logger.start();
    logger.connect();
    for (std::uint64_t run = 1; run <= 3; ++run) {
        const auto pipes = logger.make_pipes(run);
        Open open = open_request(run);
        open.index = run == 3 ? 1 : 0;
        logger.send(open);
        write_all(pipes.out, "run " + std::to_string(run) + "\n");
        logger.send(Close{run});
        logger.expect<Closed>();
    }
    EXPECT_EQ(messages_of(logger.all_lines("web", 0)),
              (std::vector<std::string>{"run 1", "run 2"}));
    EXPECT_EQ(messages_of(logger.all_lines("web", 1)), (std::vector<std::string>{"run 3"}));
}

}  // namespace
}  // namespace superd::logger
