#include "ctl/response_reader.hpp"

#include "ctl/client.hpp"

#include <gtest/gtest.h>

namespace superctl {
namespace {

void feed_in_pieces(ResponseReader& reader, std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        reader.feed(bytes.substr(0, piece));
    }
}

TEST(ResponseReader, ReadsACountedBodyHoweverItIsCut) {
    constexpr std::string_view answer =
        "HTTP/1.1 404 Not Found\r\ncontent-LENGTH:  5 \r\n\r\nhello";
    for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
        ResponseReader reader;
        feed_in_pieces(reader, answer, piece);
        ASSERT_TRUE(reader.complete()) << piece;
        EXPECT_EQ(reader.status(), 404u);
        EXPECT_EQ(reader.body, "hello");
    }
}

TEST(ResponseReader, ReadsChunksHoweverTheyAreCut) {
    constexpr std::string_view answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nA;x=y\r\nlo, "
        "world!\r\n0\r\n"
        "Trailer: x\r\n\r\n";
    for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
        ResponseReader reader;
        feed_in_pieces(reader, answer, piece);
        ASSERT_TRUE(reader.complete()) << piece;
        EXPECT_EQ(reader.body, "hello, world!");
    }
}

TEST(ResponseReader, ReadsToTheEndWithoutALength) {
    ResponseReader reader;
    reader.feed("HTTP/1.1 200 OK\r\n\r\nhel");
    reader.feed("lo");
    EXPECT_FALSE(reader.complete());
    reader.end_of_stream();
    EXPECT_TRUE(reader.complete());
    EXPECT_EQ(reader.body, "hello");
}

TEST(ResponseReader, SkipsInterimAnswers) {
    ResponseReader reader;
    reader.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(reader.complete());
    EXPECT_EQ(reader.status(), 200u);
}

TEST(ResponseReader, WhatIsCutShortOrNoHttpIsBroken) {
    for (const auto* answer :
         {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", "SSH-2.0-x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n"}) {
        ResponseReader reader;
        reader.feed(answer);
        reader.end_of_stream();
        EXPECT_TRUE(reader.broken()) << answer;
        EXPECT_FALSE(reader.complete()) << answer;
    }
    ResponseReader endless;
    for (int i = 0; i < 100; ++i) endless.feed(std::string(1000, 'x'));
    EXPECT_TRUE(endless.broken());
}

TEST(Target, EncodesWhatATargetMustNotContain) {
    EXPECT_EQ(target_with_units("/v1/status", "usage=true", {"web/0", "a b&c=d%", "x*"}),
              "/v1/status?usage=true&unit=web/0&unit=a%20b%26c%3Dd%25&unit=x*");
    EXPECT_EQ(target_with_units("/v1/status", "", {"web"}), "/v1/status?unit=web");
    EXPECT_EQ(target_with_units("/v1/status", "", {}), "/v1/status");
    EXPECT_EQ(percent_encode("\xC3\xBC"), "%C3%BC");
}

}  // namespace
}  // namespace superctl
