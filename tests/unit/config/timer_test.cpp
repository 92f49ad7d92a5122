// [timer]: what it means, and what is wrong with it.
#include "config/moments.hpp"
#include "tests/unit/config/files.hpp"

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using namespace std::chrono_literals;
using core::CalendarRule;
using core::Overlap;
using testing::HasSubstr;
using Kind = CalendarRule::Kind;

const std::string oneshot = "exec = [\"/bin/true\"]\ntype = \"oneshot\"\n";
const std::string begun = oneshot + "[timer]\n";

std::int32_t at(int hour, int minute, int second = 0) { return (hour * 60 + minute) * 60 + second; }

TEST(Moments, AreReadInEachForm) {
    const std::pair<std::string_view, CalendarRule> samples[]{
        {"hourly", {.kind = Kind::hourly}},
        {"hourly :15", {.kind = Kind::hourly, .second = at(0, 15)}},
        {"hourly :15:30", {.kind = Kind::hourly, .second = at(0, 15, 30)}},
        {"daily", {}},
        {"daily 03:00", {.second = at(3, 0)}},
        {"daily 3:05:09", {.second = at(3, 5, 9)}},
        {"weekly mon 03:00", {.weekdays = 0x01, .second = at(3, 0)}},
        {"weekly sat,sun", {.weekdays = 0x60}},
        {"mon..fri 08:30", {.weekdays = 0x1f, .second = at(8, 30)}},
        {"fri..mon,wed 23:59", {.weekdays = 0x75, .second = at(23, 59)}},
        {"monthly 1", {.kind = Kind::monthly, .day = 1}},
        {"monthly 31  04:30", {.kind = Kind::monthly, .day = 31, .second = at(4, 30)}},
        {"monthly last 04:30", {.kind = Kind::monthly, .day = 0, .second = at(4, 30)}},
    };
    for (const auto& [text, rule] : samples) {
        const auto read = parse_moments(text);
        ASSERT_TRUE(read) << text << ": " << read.error();
        EXPECT_EQ(*read, rule) << text;
    }
}

TEST(Moments, ThatAreNoneAreTold) {
    const std::pair<std::string_view, std::string_view> samples[]{
        {"", "it is empty; expected a moment such as \"hourly :15\""},
        {"03:00", "which days is not said; write \"daily 03:00\""},
        {"dayly 03:00", "\"dayly\" is no way to repeat; did you mean daily?"},
        {"daily 24:00", "\"24:00\" is no time of a day; write \"03:00\""},
        {"daily 3", "\"3\" is no time of a day"},
        {"daily 3pm", "\"3pm\" is no time of a day"},
        {"daily 03:60", "\"03:60\" is no time of a day"},
        {"daily 03:0", "\"03:0\" is no time of a day"},
        {"daily 03:00:00:00", "is no time of a day"},
        {"daily 03:00 04:00", "\"04:00\" is too much; write one moment a string"},
        {"hourly 15", "\"15\" is no time of an hour; write \":15\""},
        {"hourly :60", "\":60\" is no time of an hour"},
        {"weekly", "weekly needs a day; write \"weekly mon 03:00\""},
        {"weekly monday 03:00", "\"monday\" is no day of the week; use mon, tue"},
        {"mon..fry 03:00", "\"mon..fry\" is no day of the week"},
        {"mon,, 03:00", "\"\" is no day of the week"},
        {"mon", "a time is missing; write \"mon 03:00\""},
        {"monthly", "monthly needs a day from 1 to 31, or last"},
        {"monthly 32", "monthly needs a day from 1 to 31, or last"},
        {"monthly 0", "monthly needs a day from 1 to 31, or last"},
        {"every day", "expected a moment such as"},
    };
    for (const auto& [text, message] : samples) {
        const auto read = parse_moments(text);
        ASSERT_FALSE(read) << text;
        EXPECT_THAT(read.error(), HasSubstr(message)) << text;
    }
}

TEST(TimerKeys, AllAreRead) {
    const auto unit = parsed_unit(begun + R"(
at = ["daily 03:00", "mon 12:00"]
zone = "utc"
jitter = "5min"
catch-up = true
on-start = true
overlap = "kill"
)");
    ASSERT_NE(unit->spec.timer, nullptr);
    EXPECT_EQ(*unit->spec.timer,
              (core::TimerRule{.at = {{.second = at(3, 0)}, {.weekdays = 1, .second = at(12, 0)}},
                               .utc = true,
                               .catch_up = true,
                               .on_start = true,
                               .overlap = Overlap::kill,
                               .jitter = 5min,
                               .text = "daily 03:00, mon 12:00 utc"}));
    const auto interval = parsed_unit(begun + "every = \"90min\"");
    EXPECT_EQ(*interval->spec.timer, (core::TimerRule{.every = 90min, .text = "every 1h 30min"}));
    EXPECT_EQ(parsed_unit(begun + "at = \"daily\"")->spec.timer->text, "daily");
    EXPECT_EQ(parsed_unit(oneshot)->spec.timer, nullptr);
}

struct Sample {
    std::string text, message;
};

TEST(TimerKeys, MistakesAreTold) {
    const Sample samples[]{
        {begun + "at = \"daily 25:00\"",
         "4:6: cannot use timer.at = \"daily 25:00\": \"25:00\" is no time of a day; write "
         "\"03:00\" or \"03:00:30\""},
        {begun + "at = [\"daily\", 3]",
         "4:16: cannot use timer.at[1] = 3: expected a string such as \"daily 03:00\", not an "
         "integer"},
        {begun + "at = []", "4:6: cannot use timer.at: it is empty"},
        {begun + "at = true",
         "4:6: cannot use timer.at = true: expected a string such as \"daily 03:00\", not a "
         "boolean"},
        {begun + "every = \"1ms\"",
         "4:9: cannot use timer.every = \"1ms\": expected at least \"10ms\""},
        {begun + "every = \"1h\"\nat = \"daily\"",
         "5:6: cannot use timer.at: timer.every is there already; a timer has one of them, and at "
         "may have several moments"},
        {begun + "catch-up = true",
         "4:12: cannot use this timer: it does not say when; write every = \"1h\" or at = \"daily "
         "03:00\""},
        {begun + "every = \"1h\"\nzone = \"utc\"",
         "5:8: cannot use timer.zone = \"utc\": only timer.at has a zone; every is an interval"},
        {begun + "at = \"daily\"\nzone = \"Europe/Berlin\"",
         "5:8: cannot use timer.zone = \"Europe/Berlin\": expected local or utc"},
        {begun + "every = \"1h\"\njitter = \"1h\"",
         "5:10: cannot use timer.jitter = \"1h\": expected less than timer.every (\"1h\")"},
        {begun + "every = \"10s\"\ncatch-up = true",
         "5:12: cannot use timer.catch-up = true: with timer.every shorter than \"1min\" there is "
         "nothing to make up for"},
        {begun + "every = \"10s\"\noverlap = \"kil\"",
         "5:11: cannot use timer.overlap = \"kil\": expected skip, queue or kill; did you mean "
         "\"kill\"?"},
        {"exec = [\"/bin/true\"]\n[timer]\nevery = \"1h\"",
         "3:9: cannot use [timer]: only a oneshot runs at set times; write type = \"oneshot\" too"},
        {oneshot + "essential = true\n[timer]\nevery = \"1h\"",
         "3:13: cannot use essential = true: a unit with [timer] is never lost for good: its next "
         "run is due some time"},
    };
    for (const auto& [text, message] : samples) {
        EXPECT_EQ(mistakes(one_unit(text + "\n")), "units/web.toml:" + message + "\n") << text;
    }
}

TEST(TimerKeys, AChangeIsLive) {
    const auto changes = [](const std::string& before, const std::string& after) {
        const auto one = parse(one_unit(before)), other = parse(one_unit(after));
        return difference(*one, *other);
    };
    const auto found = changes(begun + "every = \"1h\"",
                               begun + "at = \"daily\"\ncatch-up = true\noverlap = \"queue\"");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, ChangeKind::live);
    EXPECT_THAT(found[0].keys,
                testing::ElementsAre("timer.every", "timer.at", "timer.catch-up", "timer.overlap"));
    EXPECT_TRUE(changes(begun + "every = \"1h\"", begun + "every = \"60min\"").empty());
}

}  // namespace
}  // namespace superd::config
