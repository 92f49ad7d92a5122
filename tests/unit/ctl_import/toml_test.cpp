#include "ctl/import/text.hpp"
#include "ctl/import/time_span.hpp"
#include "imported.hpp"

namespace superctl::importing {
namespace {

using namespace std::chrono_literals;

TEST(Toml, StringsAreEscaped) {
    EXPECT_EQ(toml_string("a\"\\\n\t\x01"), R"("a\"\\\n\t\u0001")");
    EXPECT_EQ(toml_string("\xc3\xa9\xff"), "\"\xc3\xa9\xef\xbf\xbd\"");
    EXPECT_EQ(toml_literal("${A} $${B} $C"), R"("$${A} $$${B} $C")");
}

TEST(Toml, DurationsAreInTheLargestUnitThatSaysAllOfThem) {
    EXPECT_EQ(toml_duration(90s), "\"90s\"");
    EXPECT_EQ(toml_duration(1h), "\"1h\"");
    EXPECT_EQ(toml_duration(1500ms), "\"1500ms\"");
    EXPECT_EQ(toml_duration(0s), "\"0s\"");
}

TEST(TimeSpan, IsAsSystemdAndComposeWriteIt) {
    EXPECT_EQ(parse_time_span("5min 20s"), 320s);
    EXPECT_EQ(parse_time_span("1m30s"), 90s);
    EXPECT_EQ(parse_time_span("1.5"), 1500ms);
    EXPECT_EQ(parse_time_span("infinity"), endless);
    for (const auto* const text : {"", "x", "5 parsecs", "-1", "1e3"}) {
        EXPECT_FALSE(parse_time_span(text)) << text;
    }
}

TEST(Draft, NamesAreThoseThatUnitsMayHave) {
    EXPECT_EQ(unit_name("a b/c"), "a-b-c");
    EXPECT_EQ(unit_name(".x"), "_x");
    EXPECT_EQ(unit_name(""), "unit");
    EXPECT_EQ(unit_name(std::string(100, 'a')).size(), 64u);
}

TEST(Text, SignalsHaveOneName) {
    EXPECT_EQ(signal_name("15"), "SIGTERM");
    EXPECT_EQ(signal_name("term"), "SIGTERM");
    EXPECT_EQ(signal_name("SIGRTMIN+3"), "SIGRTMIN+3");
    EXPECT_FALSE(signal_name("SIGFOO"));
    EXPECT_FALSE(signal_name("99"));
}

}  // namespace
}  // namespace superctl::importing
