#include "logger/shortage.hpp"

#include <cerrno>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

TEST(OldestLines, AreWholeAndAtLeastWhatIsWanted) {
    const Oldest oldest = oldest_lines("one\ntwo\nthree\n", 5, Rest::keep);
    EXPECT_EQ(oldest.bytes, 8u);
    EXPECT_EQ(oldest.lines, 2u);
}

TEST(OldestLines, AreAllThereAreIfMoreIsWanted) {
    EXPECT_EQ(oldest_lines("one\ntwo", 100, Rest::keep).bytes, 4u);
    const Oldest all = oldest_lines("one\ntwo", 100, Rest::line);
    EXPECT_EQ(all.bytes, 7u);
    EXPECT_EQ(all.lines, 2u);
    EXPECT_EQ(oldest_lines("", 100, Rest::line).bytes, 0u);
}

TEST(OldestLines, DoNotCountAPieceWhoseRestIsStillToCome) {
    const Oldest piece = oldest_lines("endless", 3, Rest::piece);
    EXPECT_EQ(piece.bytes, 7u);
    EXPECT_EQ(piece.lines, 0u);
}

TEST(Shortage, IsDescribedForPeople) {
    EXPECT_EQ(describe(ENOSPC), "No space left on device");
    EXPECT_EQ(describe(ETIMEDOUT), "the disk does not answer");
}

}  // namespace
}  // namespace superd::logger
