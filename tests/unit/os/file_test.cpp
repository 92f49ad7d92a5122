#include "os/file.hpp"

#include "scratch.hpp"

#include <sys/stat.h>

#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

using test::Scratch;

TEST(File, IsReplacedWholeWithItsMode) {
    const Scratch scratch;
    const std::string path = scratch / "records";
    const mode_t old = ::umask(077);
    ASSERT_TRUE(write_file(path, "one", 0644).has_value());
    ASSERT_TRUE(write_file(path, "two", 0640).has_value());
    ::umask(old);
    EXPECT_EQ("two", read_file(path, 100).value());
    struct stat status{};
    ASSERT_EQ(0, ::stat(path.c_str(), &status));
    EXPECT_EQ(0640u, status.st_mode & 0777);
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(File, StaysAsItWasWhenItCannotBeReplaced) {
    const Scratch scratch;
    const std::string directory = scratch / "taken";
    std::filesystem::create_directory(directory);
    const auto written = write_file(directory, "text", 0600);
    ASSERT_FALSE(written.has_value());
    EXPECT_TRUE(written.error().message().starts_with("cannot rename " + directory))
        << written.error().message();
    EXPECT_FALSE(std::filesystem::exists(directory + ".new"));
    EXPECT_EQ("cannot create /nonexistent/x.new: No such file or directory",
              write_file("/nonexistent/x", "text", 0600).error().message());
}

TEST(File, IsReadUpToItsBoundAndNoFurther) {
    const Scratch scratch;
    const std::string path = scratch / "large";
    const std::string text(5000, 'x');
    ASSERT_TRUE(write_file(path, text, 0600).has_value());
    EXPECT_EQ(text, read_file(path, 5000).value());
    EXPECT_EQ(std::errc::file_too_large, read_file(path, 4999).error().code);
    EXPECT_EQ("cannot open /nonexistent: No such file or directory",
              read_file("/nonexistent", 10).error().message());
    EXPECT_EQ(std::errc::is_a_directory, read_file(scratch.path(), 10).error().code);
}

TEST(File, OfProcIsReadThoughItsSizeIsUnknown) {
    const std::string text = read_file("/proc/self/maps", 1 << 24).value();
    EXPECT_GT(text.size(), 100u);
    EXPECT_EQ('\n', text.back());
}

}  // namespace
}  // namespace superd::os
