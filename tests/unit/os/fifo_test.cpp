#include "os/fifo.hpp"

#include "os/file.hpp"
#include "scratch.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

using test::Scratch;

TEST(Fifo, KeepsWhatWasWrittenUntilAReaderComes) {
    const Scratch scratch;
    const std::string path = scratch / "out";
    const auto writer = make_fifo(path);
    ASSERT_TRUE(writer.has_value()) << writer.error().message();
    ASSERT_EQ(5, ::write(writer->get(), "hello", 5)) << "no reader, and yet no SIGPIPE";
    const auto reader = open_fifo_for_reading(path);
    ASSERT_TRUE(reader.has_value());
    char text[8] = {};
    EXPECT_EQ(5, ::read(reader->get(), text, sizeof text));
    EXPECT_STREQ("hello", text);
    EXPECT_EQ(-1, ::read(reader->get(), text, sizeof text));
    EXPECT_EQ(EAGAIN, errno);
}

TEST(Fifo, IsOursAloneBlockingAndNotInherited) {
    const Scratch scratch;
    const std::string path = scratch / "out";
    const auto fifo = make_fifo(path);
    struct stat status{};
    ASSERT_EQ(0, ::stat(path.c_str(), &status));
    EXPECT_EQ(0600u, status.st_mode & 0777);
    EXPECT_EQ(0, ::fcntl(fifo->get(), F_GETFL) & O_NONBLOCK);
    EXPECT_EQ(FD_CLOEXEC, ::fcntl(fifo->get(), F_GETFD));
}

TEST(Fifo, GoesToItsOwner) {
    if (::getuid() != 0) GTEST_SKIP() << "only root may give files away";
    const Scratch scratch;
    const std::string path = scratch / "out";
    ASSERT_TRUE(make_fifo(path, 1234, 2345).has_value());
    struct stat status{};
    ASSERT_EQ(0, ::stat(path.c_str(), &status));
    EXPECT_EQ(1234u, status.st_uid);
    EXPECT_EQ(2345u, status.st_gid);
}

TEST(Fifo, ThatExistsIsOpenedWithWhatIsUnread) {
    const Scratch scratch;
    const std::string path = scratch / "out";
    const auto first = make_fifo(path);
    ASSERT_EQ(1, ::write(first->get(), "x", 1));
    const auto second = make_fifo(path);
    ASSERT_TRUE(second.has_value());
    char byte = 0;
    EXPECT_EQ(1, ::read(second->get(), &byte, 1));
    EXPECT_EQ('x', byte);
}

TEST(Fifo, IsNoOtherFileNorALink) {
    const Scratch scratch;
    const std::string path = scratch / "file";
    ASSERT_TRUE(write_file(path, "text", 0600).has_value());
    EXPECT_EQ(std::errc::not_supported, make_fifo(path).error().code);
    const std::string link = scratch / "link";
    ASSERT_EQ(0, ::symlink(path.c_str(), link.c_str()));
    EXPECT_FALSE(make_fifo(link).has_value());
    EXPECT_FALSE(open_fifo_for_reading(scratch / "none").has_value());
}

TEST(Fifo, TakesTheSizeItIsGiven) {
    const Scratch scratch;
    const auto fifo = make_fifo(scratch / "out");
    EXPECT_EQ(8192u, set_fifo_size(*fifo, 8000).value());
    EXPECT_FALSE(set_fifo_size(Fd{}, 8192).has_value());
}

TEST(Pipe, IsLookedIntoWithoutTakingWhatIsThere) {
    int ends[2];
    ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
    const Fd reading{ends[0]};
    Fd writing{ends[1]};
    std::array<char, 4> bytes;
    EXPECT_EQ(std::errc::resource_unavailable_try_again,
              peek_pipe(reading.get(), bytes).error().code);
    ASSERT_EQ(6, ::write(writing.get(), "abcdef", 6));
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(4u, peek_pipe(reading.get(), bytes).value());
        EXPECT_EQ("abcd", (std::string_view{bytes.data(), bytes.size()}));
    }
    ASSERT_EQ(4, ::read(reading.get(), bytes.data(), bytes.size()));
    writing.reset();
    EXPECT_EQ(2u, peek_pipe(reading.get(), bytes).value());
    ASSERT_EQ(2, ::read(reading.get(), bytes.data(), bytes.size()));
    EXPECT_EQ(0u, peek_pipe(reading.get(), bytes).value()) << "at its end";
    const Fd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    EXPECT_FALSE(peek_pipe(file.get(), bytes).has_value());
}

}  // namespace
}  // namespace superd::os
