#include "control/request_parser.hpp"

#include <gtest/gtest.h>

namespace superd::control {
namespace {

constexpr std::string_view post =
    "POST /v1/start HTTP/1.1\r\nHost: x\r\nAccept: a/b\r\nContent-Length: 2\r\n\r\n{}";

// Feeds `bytes` in pieces, as a session would; returns what was not taken.
std::string feed_in_pieces(RequestParser& parser, std::string_view bytes, std::size_t piece) {
    std::string buffer;
    while (!bytes.empty()) {
        buffer += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        buffer.erase(0, parser.feed(buffer));
    }
    return buffer;
}

TEST(RequestParser, ReadsARequestHoweverItIsCut) {
    for (std::size_t piece = 1; piece <= post.size(); ++piece) {
        RequestParser parser;
        EXPECT_EQ(feed_in_pieces(parser, post, piece), "");
        ASSERT_TRUE(parser.complete()) << piece;
        const auto request = parser.take();
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.target, "/v1/start");
        EXPECT_EQ(request.accept, "a/b");
        EXPECT_EQ(request.body, "{}");
        EXPECT_TRUE(request.keep_alive);
    }
}

TEST(RequestParser, LeavesTheNextRequestAlone) {
    RequestParser parser;
    const auto both = std::string{post} + "GET /";
    EXPECT_EQ(parser.feed(both), post.size());
    EXPECT_TRUE(parser.complete());
    EXPECT_EQ(parser.feed("GET /"), 0u);
}

TEST(RequestParser, ReadsChunkedBodies) {
    RequestParser parser;
    parser.feed(
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
    ASSERT_TRUE(parser.complete());
    EXPECT_EQ(parser.take().body, "{}");
}

TEST(RequestParser, TellsOnceThatTheClientWaitsToSendItsBody) {
    RequestParser parser;
    EXPECT_FALSE(parser.wants_continue());
    parser.feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_TRUE(parser.wants_continue());
    EXPECT_FALSE(parser.wants_continue());
    parser.feed("{}");
    EXPECT_TRUE(parser.complete());
}

TEST(RequestParser, RefusesWhatIsTooLarge) {
    RequestParser header;
    feed_in_pieces(header, "GET / HTTP/1.1\r\nX: " + std::string(header_max, 'a'), 1000);
    ASSERT_TRUE(header.refusal());
    EXPECT_EQ(header.refusal()->status, 431u);

    RequestParser body;
    body.feed("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n");
    ASSERT_TRUE(body.refusal());
    EXPECT_EQ(body.refusal()->status, 413u);

    RequestParser fits;
    feed_in_pieces(
        fits, "POST / HTTP/1.1\r\nContent-Length: 65536\r\n\r\n" + std::string(65536, ' '), 4096);
    EXPECT_TRUE(fits.complete());

    RequestParser chunked;
    std::string bytes = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 70; ++i) bytes += "400\r\n" + std::string(1024, 'x') + "\r\n";
    feed_in_pieces(chunked, bytes, 4096);
    ASSERT_TRUE(chunked.refusal());
    EXPECT_EQ(chunked.refusal()->status, 413u);
}

TEST(RequestParser, RefusesWhatIsNoHttp) {
    for (const auto* bytes :
         {"\x16\x03\x01\x02", "GET\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
          "GET / HTTP/1.1\r\nno colon\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
        RequestParser parser;
        parser.feed(bytes);
        ASSERT_TRUE(parser.refusal()) << bytes;
        EXPECT_EQ(parser.refusal()->status, 400u);
        EXPECT_FALSE(parser.complete());
    }
}

}  // namespace
}  // namespace superd::control
