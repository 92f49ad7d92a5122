#include "logger/foreground.hpp"

#include "tests/unit/logger/logger_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

const Origin origin{"web", 0, 1};

struct Pipe {
    Pipe() {
        int ends[2];
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        reader = os::Fd{ends[0]};
        writer = os::Fd{ends[1]};
    }
    std::string read() {
        std::string text(1u << 20, '\0');
        const ssize_t got = ::read(reader.get(), text.data(), text.size());
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return text;
    }
    os::Fd reader;
    os::Fd writer;
};

TEST(Foreground, PrefixesLinesAndTellsTheStreamsApart) {
    Pipe pipe;
    Foreground foreground{pipe.writer.get()};
    foreground.copy(origin, Stream::out, "one\ntwo\n");
    foreground.copy(origin, Stream::err, "three\n");
    EXPECT_EQ(pipe.read(), "web/0 | one\nweb/0 | two\nweb/0 ! three\n");
}

TEST(Foreground, LetsNoServiceDriveTheTerminal) {
    Pipe pipe;
    Foreground foreground{pipe.writer.get()};
    foreground.copy(origin, Stream::out, "\x1b]0;title\x07\n");
    EXPECT_EQ(pipe.read(), "web/0 | \\x1b]0;title\\x07\n");
}

TEST(Foreground, DropsLinesThatNobodyReadsAndSaysSo) {
    Pipe pipe;
    Foreground foreground{pipe.writer.get()};
    const std::string line = std::string(999, 'x') + '\n';
    for (int i = 0; i < 500; ++i) foreground.copy(origin, Stream::out, line);  // Does not wait.
    std::string all = pipe.read();
    foreground.copy(origin, Stream::out, "last\n");
    all += pipe.read();
    std::uint64_t shown = 0;
    std::uint64_t missing = 0;
    for (const std::string& each : split_lines(all)) {
        ASSERT_TRUE(each.starts_with("web/0 | ")) << each;
        if (each.find("not shown") != std::string::npos)
            missing += std::stoull(each.substr(std::string_view{"web/0 | superd: "}.size()));
        else
            ++shown;
    }
    EXPECT_GT(missing, 0u);
    EXPECT_EQ(shown + missing, 501u);
    EXPECT_TRUE(all.ends_with("web/0 | last\n"));
    // The descriptor that superd has inherited stays as it was.
    EXPECT_EQ(::fcntl(pipe.writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Foreground, EndsWithItsReader) {
    Pipe pipe;
    ::signal(SIGPIPE, SIG_IGN);
    Foreground foreground{pipe.writer.get()};
    EXPECT_TRUE(foreground.enabled());
    pipe.reader.reset();
    foreground.copy(origin, Stream::out, "one\n");
    EXPECT_FALSE(foreground.enabled());
    foreground.copy(origin, Stream::out, "two\n");
}

TEST(Foreground, CopiesNothingToTheNullDevice) {
    const os::Fd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    EXPECT_FALSE(Foreground{null.get()}.enabled());
    EXPECT_FALSE(Foreground{-1}.enabled());
}

}  // namespace
}  // namespace superd::logger
