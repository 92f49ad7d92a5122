#include "logger/format.hpp"

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

constexpr std::int64_t noon = 1'795'468'500'123'456'789;  // 2026-11-23T21:15:00.123456789Z
const Origin origin{"web", 0, 1234};

std::string formatted(Format format, Stream stream, const Line& line) {
    Buffer out{256 * 1024};
    EXPECT_TRUE(Formatter(format, origin, stream, noon).append(line, out));
    return std::string{out.view()};
}

TEST(Formatter, StampsTextLines) {
    EXPECT_EQ(formatted(Format::text, Stream::out, {"the text", false}),
              "2026-11-23T21:15:00.123456Z web/0[1234] out: the text\n");
    EXPECT_EQ(formatted(Format::text, Stream::err, {"the", true}),
              "2026-11-23T21:15:00.123456Z web/0[1234] err+: the\n");
}

TEST(Formatter, SaysWhichHookSpeaks) {
    const Origin hook{"web", 0, 1234, "pre-start"};
    Buffer out{4096};
    EXPECT_TRUE(Formatter(Format::text, hook, Stream::out, noon).append({"x", false}, out));
    EXPECT_TRUE(Formatter(Format::json, hook, Stream::out, noon).append({"x", true}, out));
    EXPECT_EQ(out.view(),
              "2026-11-23T21:15:00.123456Z web/0[1234] out: [pre-start] x\n"
              R"({"time":"2026-11-23T21:15:00.123456Z","service":"web","instance":0,"pid":1234,)"
              R"("stream":"out","partial":true,"message":"[pre-start] x"})"
              "\n");
}

TEST(Formatter, KeepsTheBytesOfTextLinesAsTheyAre) {
    const std::string odd{"\0\x1b[31m\xff\r", 8};
    EXPECT_TRUE(formatted(Format::text, Stream::out, {odd, false}).ends_with(": " + odd + "\n"));
}

TEST(Formatter, WritesJsonObjects) {
    EXPECT_EQ(formatted(Format::json, Stream::err, {"say \"hi\"\t\x01\\", false}),
              R"({"time":"2026-11-23T21:15:00.123456Z","service":"web","instance":0,"pid":1234,)"
              R"("stream":"err","message":"say \"hi\"\t\u0001\\"})"
              "\n");
    EXPECT_NE(
        formatted(Format::json, Stream::out, {"x", true}).find(R"("partial":true,"message":"x")"),
        std::string::npos);
}

TEST(Formatter, RefusesALineThatMayNotFitAndWritesNothing) {
    Buffer out{4096};
    const std::string text(1'000, '\x01');
    EXPECT_FALSE(Formatter(Format::json, origin, Stream::out, noon).append({text, false}, out));
    EXPECT_EQ(out.size(), 0u);
    EXPECT_TRUE(Formatter(Format::text, origin, Stream::out, noon).append({text, false}, out));
}

TEST(Json, ReplacesWhatIsNotUtf8) {
    const std::string replaced = "\xef\xbf\xbd";
    EXPECT_EQ(to_json("a\xffz"), "a" + replaced + "z");
    EXPECT_EQ(to_json("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
              "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_EQ(to_json("\xc0\xaf"), replaced + replaced);                 // overlong
    EXPECT_EQ(to_json("\xed\xa0\x80"), replaced + replaced + replaced);  // a surrogate
    EXPECT_EQ(to_json("\xf4\x90\x80\x80").size(), 12u);                  // beyond U+10FFFF
    EXPECT_EQ(to_json("\xe2\x82"), replaced + replaced);                 // cut short
    EXPECT_EQ(to_json("\x7f"), "\\u007f");
}

TEST(Printable, LetsNoControlCharacterThrough) {
    EXPECT_EQ(printable("\x1b[2Jred\a\tend\r", 100), "\\x1b[2Jred\\x07\tend\\x0d");
    EXPECT_EQ(printable("\xc2\x9b"
                        "2J",
                        100),
              "\\xc2\\x9b2J");  // CSI as one C1 character
    EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f", 100), "gr\xc3\xbc\xc3\x9f");
}

TEST(Printable, CutsBetweenCharacters) {
    EXPECT_EQ(printable("abc\xc3\xbc", 4), "abc");
    EXPECT_EQ(printable("abc\x01", 5), "abc");
    EXPECT_EQ(printable(std::string(1'000, 'x'), 512).size(), 512u);
}

TEST(StoredLine, ReadsBackWhatWasWritten) {
    for (const Format format : {Format::text, Format::json}) {
        for (const bool partial : {false, true}) {
            const std::string message = "a: \"b\" \\ [c]\t\x02 \xc3\xa4";
            const std::string line = formatted(format, Stream::err, {message, partial});
            StoredLine parsed;
            ASSERT_TRUE(parse_stored(line, parsed)) << line;
            EXPECT_EQ(parsed.stamp, "2026-11-23T21:15:00.123456Z");
            EXPECT_EQ(parsed.unit, "web");
            EXPECT_EQ(parsed.index, 0u);
            EXPECT_EQ(parsed.pid, 1234);
            EXPECT_EQ(parsed.stream, "err");
            EXPECT_EQ(parsed.partial, partial);
            EXPECT_EQ(parsed.message, message);
            const auto head = parse_head(line);
            ASSERT_TRUE(head);
            EXPECT_EQ(head->stamp, parsed.stamp);
            EXPECT_EQ(head->stream, "err");
            EXPECT_EQ(head->pid, 1234);
        }
    }
}

TEST(StoredLine, RefusesWhatTheLoggerDidNotWrite) {
    StoredLine parsed;
    for (const char* line : {"", "\n", "hello", "2026-11-23T21:15:00.123456Z", "{}",
                             "{\"time\":\"x\"}", "2026-11-23T21:15:00.123456Z web/x[1] out: a",
                             "2026-11-23T21:15:00.123456Z web/0[1 out: a"})
        EXPECT_FALSE(parse_stored(line, parsed)) << line;
}

}  // namespace
}  // namespace superd::logger
