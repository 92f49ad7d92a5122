#include "supervisor/probe_http.hpp"

#include <string>

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

config::Ready asking(std::string host, std::string path) {
    config::Ready ready;
    ready.kind = config::ReadyKind::http;
    ready.host = std::move(host);
    ready.port = 8080;
    ready.path = std::move(path);
    return ready;
}

TEST(ProbeHttp, AsksOnceAndNamesTheHost) {
    EXPECT_EQ(
        "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: superd\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n",
        http_request(asking("127.0.0.1", "/healthz")));
    EXPECT_TRUE(
        http_request(asking("::1", "")).starts_with("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n"));
    config::Ready named = asking("127.0.0.1", "/");
    named.host_header = "shop.example";
    EXPECT_TRUE(http_request(named).contains("\r\nHost: shop.example\r\n"));
}

TEST(ProbeHttp, AnyStatusFrom200To399IsReady) {
    EXPECT_EQ("", judge_response("HTTP/1.1 200 OK\r\nServer: x"));
    EXPECT_EQ("", judge_response("HTTP/1.0 204\r\n"));
    EXPECT_EQ("", judge_response("HTTP/1.1 301 Moved Permanently\n"));
    EXPECT_EQ("", judge_response("HTTP/1.1 399 \r\n"));
    EXPECT_EQ("answered 503", judge_response("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_EQ("answered 400", judge_response("HTTP/1.1 400\r\n"));
    EXPECT_EQ("answered 100", judge_response("HTTP/1.1 100 Continue\r\n"));
}

TEST(ProbeHttp, WaitsForTheWholeStatusLineButNotForEver) {
    EXPECT_EQ(std::nullopt, judge_response(""));
    EXPECT_EQ(std::nullopt, judge_response("HTTP/1.1 200 OK"));
    EXPECT_EQ(std::nullopt, judge_response(std::string(status_line_max - 1, 'H')));
    EXPECT_EQ("answered something other than HTTP",
              judge_response(std::string(status_line_max, 'H')));
}

TEST(ProbeHttp, TellsWhatIsNoHttp) {
    for (const char* line : {"SSH-2.0-OpenSSH_9.2\r\n", "\n", "HTTP/2 200\r\n", "HTTP/1.1 20\r\n",
                             "HTTP/1.1 2000\r\n", "HTTP/1.1 -20\r\n", "HTTP/1.1  200\r\n",
                             "HTTP/1.1 099\r\n", "HTTP/1.1\r\n", "HTTP/1.2 200\r\n"}) {
        EXPECT_EQ("answered something other than HTTP", judge_response(line)) << line;
    }
}

}  // namespace
}  // namespace superd::supervisor
