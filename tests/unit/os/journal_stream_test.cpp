#include "os/journal_stream.hpp"

#include <sys/stat.h>

#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

TEST(JournalStream, IsWhatTheVariableSays) {
    struct stat info{};
    ASSERT_EQ(::fstat(STDIN_FILENO, &info), 0);
    const auto own = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
    EXPECT_TRUE(is_journal_stream(STDIN_FILENO, own));
    EXPECT_FALSE(is_journal_stream(STDIN_FILENO, own + "1"));
    EXPECT_FALSE(is_journal_stream(STDIN_FILENO, ""));
    EXPECT_FALSE(is_journal_stream(-1, own));
}

}  // namespace
}  // namespace superd::os
