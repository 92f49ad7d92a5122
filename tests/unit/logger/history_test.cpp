#include "logger/history.hpp"

#include "logger/compressor.hpp"
#include "logger/format.hpp"
#include "logger/merge.hpp"
#include "tests/unit/logger/logger_process.hpp"

#include <fstream>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

// A line of `unit` at second `at` of the epoch.
std::string line(int at, std::string_view text, std::string_view unit = "web",
                 Stream stream = Stream::out, int pid = 1) {
    Buffer out{256 * 1024};
    Formatter(Format::text, {unit, 0, pid}, stream, at * 1'000'000'000ll)
        .append({text, false}, out);
    return std::string{out.view()};
}

std::string stamp(int at) {
    const auto text = format_stamp(at * 1'000'000'000ll);
    return {text.data(), text.size()};
}

class History : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) {
        std::ofstream{directory_.path() + '/' + name, std::ios::app} << text;
    }
    std::string last(std::uint64_t lines, const LineFilter& filter = {}) {
        const LogPath path{directory_.path(), 0};
        auto segments = rotated_segments(path);
        Segment current;
        current.path = path.current();
        segments.push_back(std::move(current));
        StoredLines stored{last_lines(std::move(segments), filter, lines), filter};
        std::string all;
        for (auto each = stored.next(); !each.empty(); each = stored.next()) all += each;
        return all;
    }
    TemporaryDirectory directory_;
};

TEST_F(History, GivesTheLastLinesAcrossCurrentRotatedAndCompressedFiles) {
    write("0.log.20260101T000000Z.1", line(1, "a") + line(2, "b"));
    ASSERT_TRUE(compress_file(directory_.path() + "/0.log.20260101T000000Z.1"));
    write("0.log.20260102T000000Z.1", line(3, "c") + line(4, "d"));
    write("0.log", line(5, "e"));
    EXPECT_EQ(last(1), line(5, "e"));
    EXPECT_EQ(last(2), line(4, "d") + line(5, "e"));
    EXPECT_EQ(last(4), line(2, "b") + line(3, "c") + line(4, "d") + line(5, "e"));
    EXPECT_EQ(last(100), line(1, "a") + line(2, "b") + line(3, "c") + line(4, "d") + line(5, "e"));
    EXPECT_EQ(last(0), "");
}

TEST_F(History, CountsOnlyTheWantedLines) {
    for (int at = 1; at <= 9; ++at)
        write("0.log", line(at, std::to_string(at), "web", at % 3 == 0 ? Stream::err : Stream::out,
                            at < 5 ? 10 : 11));
    EXPECT_EQ(last(2, {.stream = "err"}),
              line(6, "6", "web", Stream::err, 11) + line(9, "9", "web", Stream::err, 11));
    EXPECT_EQ(last(1, {.pid = 10}), line(4, "4", "web", Stream::out, 10));
    EXPECT_EQ(last(9, {.since = stamp(8)}),
              line(8, "8", "web", Stream::out, 11) + line(9, "9", "web", Stream::err, 11));
    EXPECT_EQ(last(9, {.since = stamp(10)}), "");
}

TEST_F(History, LeavesOutALineThatIsStillBeingWritten) {
    write("0.log", line(1, "whole") + "2026-01-01T00:00:00.0000");
    EXPECT_EQ(last(5), line(1, "whole"));
    write("0.log.20260101T000000Z.1", std::string(100'000, 'x'));
    EXPECT_EQ(last(5), line(1, "whole"));
}

TEST_F(History, FindsLinesLongerThanAChunk) {
    const std::string long_text(150'000, 'z');
    std::string all;
    for (int at = 1; at <= 5; ++at) all += line(at, at == 3 ? long_text : "short");
    write("0.log", all);
    EXPECT_EQ(last(3), line(3, long_text) + line(4, "short") + line(5, "short"));
    EXPECT_EQ(last(5), all);
}

TEST_F(History, AgreesWithReadingEverythingForAllNumbersOfLines) {
    std::vector<std::string> lines;
    for (int at = 1; at <= 700; ++at) {
        lines.push_back(line(at, std::string(static_cast<std::size_t>(at * 37 % 400), 'q')));
        write("0.log", lines.back());
    }
    for (std::size_t wanted = 1; wanted <= lines.size(); wanted += 13) {
        std::string expected;
        for (std::size_t i = lines.size() - wanted; i < lines.size(); ++i) expected += lines[i];
        ASSERT_EQ(last(wanted), expected) << wanted;
    }
}

TEST_F(History, ReadsAFileThatWasCompressedAfterItWasListed) {
    const std::string name = "0.log.20260101T000000Z.1";
    write(name, line(1, "a"));
    auto segments = rotated_segments({directory_.path(), 0});
    ASSERT_TRUE(compress_file(directory_.path() + '/' + name));
    StoredLines stored{std::move(segments), {}};
    EXPECT_EQ(stored.next(), line(1, "a"));
    EXPECT_EQ(stored.next(), "");
}

TEST(Merge, OrdersLinesOfSeveralSourcesByTheirStamps) {
    const TemporaryDirectory directory;
    const auto source = [&](const std::string& name, const std::string& text) {
        std::ofstream{directory.path() + '/' + name} << text;
        Segment segment;
        segment.path = directory.path() + '/' + name;
        std::deque<Segment> segments;
        segments.push_back(std::move(segment));
        return StoredLines{std::move(segments), {}};
    };
    std::vector<StoredLines> sources;
    sources.push_back(source("a", line(1, "1", "a") + "not ours\n" + line(4, "4", "a")));
    sources.push_back(source("b", line(2, "2", "b") + line(4, "4", "b") + line(3, "late", "b")));
    sources.push_back(source("c", ""));
    Merge merge{std::move(sources)};
    std::string all;
    for (auto each = merge.next(); !each.empty(); each = merge.next()) all += each;
    EXPECT_EQ(all, line(1, "1", "a") + "not ours\n" + line(2, "2", "b") + line(4, "4", "a") +
                       line(4, "4", "b") + line(3, "late", "b"));
}

TEST(Merge, TurnsStoredTextIntoJson) {
    EXPECT_EQ(as_json(line(0, "say \"hi\"", "web", Stream::err, 7)),
              R"({"time":"1970-01-01T00:00:00.000000Z","service":"web","instance":0,"pid":7,)"
              R"("stream":"err","message":"say \"hi\""})"
              "\n");
    EXPECT_EQ(as_json("{\"time\":1}\n"), "{\"time\":1}\n");
    EXPECT_EQ(as_json("torn \x01\n"), "{\"message\":\"torn \\u0001\"}\n");
}

}  // namespace
}  // namespace superd::logger
