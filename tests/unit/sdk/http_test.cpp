#include <string>
#include <superd/http_dialogue.hpp>

#include <gtest/gtest.h>

namespace {

using namespace superd::http;
using Next = Dialogue::Next;

void feed(Dialogue& dialogue, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto space = dialogue.space();
        const auto count = std::min(space.size(), bytes.size());
        bytes.copy(space.data(), count);
        dialogue.add(count);
        bytes.remove_prefix(count);
    }
}

std::string answer(Dialogue& dialogue, bool stopping = false) {
    std::string out;
    dialogue.answered(out, stopping);
    return out;
}

TEST(Dialogue, TakesARequestThatComesByteByByte) {
    const Options options;
    Dialogue dialogue{options};
    const std::string_view request =
        "POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz";
    for (std::size_t i = 0; i < request.size(); ++i) {
        ASSERT_EQ(dialogue.next(), Next::more) << i;
        feed(dialogue, request.substr(i, 1));
    }
    ASSERT_EQ(dialogue.next(), Next::request);
    EXPECT_EQ(dialogue.request().method(), "POST");
    EXPECT_EQ(dialogue.request().path(), "/a/b");
    EXPECT_EQ(dialogue.request().query(), "c=d");
    EXPECT_EQ(dialogue.request().header("HOST"), "x");
    EXPECT_EQ(dialogue.request().header("Accept"), "");
    EXPECT_EQ(dialogue.request().body(), "xyz");
    EXPECT_EQ(dialogue.request().title(), "POST /a/b?c=d");
    dialogue.response().status(201).header("X-A", "b\r\nEvil: 1").body("made");
    const std::string text = answer(dialogue);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 201 Created\r\nDate: ")) << text;
    EXPECT_TRUE(text.ends_with("Content-Length: 4\r\nX-A: bEvil: 1\r\n\r\nmade")) << text;
    EXPECT_FALSE(dialogue.closing());
    EXPECT_EQ(dialogue.next(), Next::more);
}

TEST(Dialogue, DecodesChunksWhereverTheyAreCut) {
    const std::string request =
        "POST / HTTP/1.1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n4\r\nabcd\r\nA;x=1\r\n0123456789\r\n0\r\nT: u\r\n\r\n";
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        const Options options;
        Dialogue dialogue{options};
        feed(dialogue, std::string_view{request}.substr(0, cut));
        ASSERT_EQ(dialogue.next(), Next::more) << cut;
        feed(dialogue, std::string_view{request}.substr(cut));
        ASSERT_EQ(dialogue.next(), Next::request) << cut;
        EXPECT_EQ(dialogue.request().body(), "abcd0123456789");
        answer(dialogue);
        EXPECT_FALSE(dialogue.begun()) << cut;
    }
}

TEST(Dialogue, TakesPipelinedRequestsOneByOne) {
    const Options options;
    Dialogue dialogue{options};
    feed(dialogue, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3");
    for (const char* path : {"/1", "/2"}) {
        ASSERT_EQ(dialogue.next(), Next::request);
        EXPECT_EQ(dialogue.request().path(), path);
        answer(dialogue);
    }
    EXPECT_EQ(dialogue.next(), Next::more);
    EXPECT_TRUE(dialogue.begun());
}

TEST(Dialogue, GrowsForALongRequestAndShrinksAfterShortOnes) {
    const Options options;
    Dialogue dialogue{options};
    const std::string body(300'000, 'b');
    feed(dialogue, "POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + body);
    ASSERT_EQ(dialogue.next(), Next::request);
    EXPECT_EQ(dialogue.request().body(), body);
    answer(dialogue);
    EXPECT_GT(dialogue.space().size(), 100'000u);
    for (int i = 0; i < 8; ++i) {
        feed(dialogue, "GET / HTTP/1.1\r\n\r\n");
        ASSERT_EQ(dialogue.next(), Next::request);
        answer(dialogue);
    }
    EXPECT_LT(dialogue.space().size(), 200u);
}

TEST(Dialogue, SaysThatTheConnectionEndsWhenItDoes) {
    struct Case {
        const char* request;
        bool stopping, keep_alive, ends;
    };
    for (const auto& [request, stopping, keep_alive, ends] : {
             Case{"GET / HTTP/1.1\r\n\r\n", false, true, false},
             Case{"GET / HTTP/1.1\r\n\r\n", true, true, true},
             Case{"GET / HTTP/1.1\r\n\r\n", false, false, true},
             Case{"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false, true, true},
             Case{"GET / HTTP/1.0\r\n\r\n", false, true, true},
         }) {
        const Options options{.keep_alive = keep_alive};
        Dialogue dialogue{options};
        feed(dialogue, request);
        ASSERT_EQ(dialogue.next(), Next::request);
        EXPECT_EQ(answer(dialogue, stopping).find("\r\nConnection: close\r\n") != std::string::npos,
                  ends)
            << request;
        EXPECT_EQ(dialogue.closing(), ends);
    }
}

TEST(Dialogue, AnswersHeadAndEmptyStatusesWithoutABody) {
    const Options options;
    Dialogue dialogue{options};
    feed(dialogue, "HEAD / HTTP/1.1\r\n\r\nDELETE / HTTP/1.1\r\n\r\n");
    ASSERT_EQ(dialogue.next(), Next::request);
    dialogue.response().body("12345");
    const std::string head = answer(dialogue);
    EXPECT_TRUE(head.ends_with("Content-Length: 5\r\n\r\n")) << head;
    ASSERT_EQ(dialogue.next(), Next::request);
    dialogue.response().status(204);
    const std::string nothing = answer(dialogue);
    EXPECT_EQ(nothing.find("Content-Length"), std::string::npos) << nothing;
}

TEST(Dialogue, WritesTheWholeAnswerHoweverLongItsPartsAre) {
    const Options options;
    const std::string type(1000, 't'), value(5000, 'v'), body(100'000, 'b');
    Dialogue dialogue{options};
    feed(dialogue, "GET / HTTP/1.1\r\n\r\n");
    ASSERT_EQ(dialogue.next(), Next::request);
    dialogue.response().status(4'294'967'295).type(type).header("X-A", value).body(body).close();
    std::string out = "what comes before";
    dialogue.answered(out, false);
    EXPECT_TRUE(out.starts_with("what comes beforeHTTP/1.1 4294967295 Status\r\nDate: "));
    EXPECT_TRUE(out.ends_with("\r\nContent-Type: " + type +
                              "\r\nContent-Length: 100000\r\nConnection: close\r\nX-A: " + value +
                              "\r\n\r\n" + body));
}

TEST(Dialogue, TellsAClientToGoOnOnce) {
    const Options options;
    Dialogue dialogue{options};
    feed(dialogue, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(dialogue.next(), Next::more);
    EXPECT_EQ(dialogue.interim(), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(dialogue.interim(), "");
    feed(dialogue, "ab");
    EXPECT_EQ(dialogue.next(), Next::request);
}

TEST(Dialogue, RefusesWhatIsWrongOrTooLarge) {
    const Options options{.header_max = 200, .body_max = 100};
    for (const auto& [request, status] : {
             std::pair<std::string, std::string>{"nonsense\r\n\r\n", "400"},
             {"GET / HTTP/3.0\r\n\r\n", "505"},
             {"GET / HTTP/1.1\r\nA: " + std::string(300, 'a'), "431"},
             {"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", "413"},
             {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
              "ffff\r\n",
              "413"},
             {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
             {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
             {"GET / HTTP/1.1\r\nBad Name: x\r\n\r\n", "400"},
         }) {
        Dialogue dialogue{options};
        feed(dialogue, request);
        ASSERT_EQ(dialogue.next(), Next::wrong) << request;
        EXPECT_EQ(answer(dialogue).substr(9, 3), status) << request;
        EXPECT_TRUE(dialogue.closing());
        EXPECT_EQ(dialogue.next(), Next::more);
    }
}

}  // namespace
