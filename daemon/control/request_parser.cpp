#include "control/request_parser.hpp"

#include <cassert>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace superd::control {

namespace http = boost::beast::http;

struct RequestParser::Parser {
    http::request_parser<http::string_body> http;
};

namespace {

Refusal refusal_of(const boost::system::error_code& error) {
    if (error == http::error::header_limit) {
        return {431,
                {"too-large", "cannot read the request: its header is longer than 8 KiB",
                 "name fewer units, or select them with a pattern"},
                {}};
    }
    if (error == http::error::body_limit) {
        return {413,
                {"too-large", "cannot read the request: its body is longer than 64 KiB",
                 "name fewer units, or select them with a pattern"},
                {}};
    }
    return {400,
            {"bad-request", "cannot read the request: " + error.message(),
             "send HTTP/1.1 as daemon/control/openapi.yaml describes"},
            {}};
}

}  // namespace

RequestParser::RequestParser() : parser_{std::make_unique<Parser>()} {
    parser_->http.header_limit(static_cast<std::uint32_t>(header_max));
    parser_->http.body_limit(body_max);
    parser_->http.eager(true);
}

RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && !refusal_ && !complete()) {
        boost::system::error_code error;
        const auto rest = boost::asio::buffer(bytes.data() + used, bytes.size() - used);
        const auto taken = parser_->http.put(rest, error);
        used += taken;
        if (error == http::error::need_more) break;
        if (error) {
            refusal_ = refusal_of(error);
        } else if (taken == 0) {
            break;
        }
    }
    return used;
}

bool RequestParser::complete() const { return !refusal_ && parser_->http.is_done(); }

bool RequestParser::wants_continue() {
    if (continued_ || refusal_ || !parser_->http.is_header_done() || complete()) return false;
    const auto expect = parser_->http.get()[http::field::expect];
    if (!boost::beast::iequals(expect, "100-continue")) return false;
    continued_ = true;
    return true;
}

Request RequestParser::take() {
    assert(complete());
    auto message = parser_->http.release();
    Request request;
    request.method = std::string{message.method_string()};
    request.target = std::string{message.target()};
    request.accept = std::string{message[http::field::accept]};
    request.keep_alive = message.keep_alive();
    request.http_1_0 = message.version() < 11;
    request.body = std::move(message.body());
    return request;
}

}  // namespace superd::control
