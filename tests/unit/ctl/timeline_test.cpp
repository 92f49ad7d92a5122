#include "ctl/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superctl {
namespace {

using testing::HasSubstr;

std::string state(const char* second, const char* unit, const char* from, const char* to,
                  const char* on = "") {
    std::string line = R"({"time":"2026-11-23T10:00:)" + std::string{second} +
                       R"(Z","seq":1,"event":"state","unit":")" + unit +
                       R"(","instance":0,"from":")" + from + R"(","to":")" + to + '"';
    if (*on != '\0') line += R"(,"on":")" + std::string{on} + '"';
    return line + "}\n";
}

// db takes four seconds to be ready, web waits for it, and ends once.
std::string start() {
    return state("00.000", "db", "inactive", "waiting") +
           state("00.000", "db", "waiting", "starting") +
           state("00.000", "web", "inactive", "waiting", "db") +
           state("04.000", "db", "starting", "ready") + "no event\n" +
           state("04.000", "web", "waiting", "starting") +
           state("05.000", "web", "starting", "ready") +
           R"({"time":"2026-11-23T10:00:08Z","seq":1,"event":"exit","unit":"web",)"
           R"("instance":0,"code":1})"
           "\n" +
           state("08.000", "web", "ready", "backoff") +
           state("09.000", "web", "backoff", "starting") +
           state("10.000", "web", "starting", "ready");
}

const Style plain{false};

TEST(Timeline, IsMadeOfWhatWasPassedThrough) {
    const auto timeline = make_timeline(start());
    ASSERT_EQ(timeline.rows.size(), 2u);
    EXPECT_EQ(timeline.end - timeline.begin, 10'000'000'000);
    const auto& web = timeline.rows[1];
    EXPECT_EQ(web.name, "web");
    ASSERT_EQ(web.spans.size(), 6u);
    EXPECT_EQ(web.spans[0].state, "waiting");
    EXPECT_EQ(web.spans[0].on, "db");
    EXPECT_EQ(web.spans[0].end - web.spans[0].begin, 4'000'000'000);
    EXPECT_EQ(web.spans[5].end, timeline.end);
    EXPECT_EQ(web.deaths.size(), 1u);
    EXPECT_EQ(timeline.rows[0].spans.size(), 2u);  // db was waiting for no time.
}

TEST(Timeline, IsDrawnInTheTerminalsWidth) {
    const auto text = render_timeline(make_timeline(start()), 80, true, plain);
    EXPECT_EQ(text,
              "2026-11-23T10:00:00.000000Z, 10.0s in all\n"
              "db   ++++++++++================  ready after 4.0s\n"
              "web  ..........+++=======x~~++=  ready after 5.0s; waited 4.0s on db; ended once\n"
              ". waiting  + starting  = ready  - stopping  ~ backoff  x ended\n");
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        EXPECT_LE(end - begin, 80u);
        begin = end + 1;
    }
    EXPECT_THAT(render_timeline(make_timeline(start()), 200, false, plain), HasSubstr("█"));
}

TEST(Timeline, BeginsInTheMiddleOfALife) {
    const auto timeline = make_timeline(
        R"({"time":"2026-11-23T10:00:00Z","seq":1,"event":"superd","message":"hello"})"
        "\n" +
        state("03.000", "db", "ready", "stopping") + state("04.000", "db", "stopping", "inactive"));
    ASSERT_EQ(timeline.rows.size(), 1u);
    ASSERT_EQ(timeline.rows[0].spans.size(), 2u);
    EXPECT_EQ(timeline.rows[0].spans[0].state, "ready");
    EXPECT_EQ(timeline.rows[0].spans[0].begin, timeline.begin);
}

TEST(Timeline, WithoutEventsThereIsNone) {
    EXPECT_EQ(render_timeline(make_timeline(""), 80, true, plain), "");
    EXPECT_TRUE(make_timeline("{}\nx\n").rows.empty());
}

TEST(Timeline, AsADrawingNeedsNothingBesideItself) {
    const auto svg = timeline_svg(make_timeline(start()));
    EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    EXPECT_THAT(svg, HasSubstr("<title>web waiting on db, 4.0s</title>"));
    EXPECT_THAT(svg, HasSubstr("<path class=\"on\""));
    EXPECT_THAT(svg, HasSubstr("<line class=\"end\""));
    for (const auto* foreign : {"<script", "href", "url(http", "<image"}) {
        EXPECT_EQ(svg.find(foreign), svg.npos) << foreign;
    }
    EXPECT_THAT(timeline_svg(make_timeline(state("01.000", "a<b", "inactive", "starting") +
                                           state("02.000", "a<b", "starting", "ready"))),
                HasSubstr("a&lt;b"));
}

}  // namespace
}  // namespace superctl
