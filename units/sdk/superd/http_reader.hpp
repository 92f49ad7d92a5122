// Takes requests out of a connection's bytes, with Beast's parser: strict about what it accepts.
#pragma once

#include <cstring>
#include <optional>
#include <superd/http_message.hpp>

#include <boost/beast/http/basic_parser.hpp>

namespace superd::http {

namespace beast = boost::beast;

class Reader : public beast::http::basic_parser<true> {
public:
    enum class State { more, whole, wrong };

    explicit Reader(const Options& options, Request& request)
        : options_{options}, request_{request} {
        header_limit(static_cast<std::uint32_t>(options.header_max));
        body_limit(options.body_max);
    }

    // Looks at the bytes of one request, from its beginning; `used` becomes how many belong to it
    // once it is whole. To be called again with more, which may have moved.
    State read(std::string_view bytes) {
        request_.base_ = base_ = bytes.data();
        if (!is_header_done()) {
            // Told a header in one piece, the parser gives out fields that lie in these bytes.
            if (!has_header(bytes))
                return bytes.size() <= options_.header_max ? State::more : refuse(431);
            boost::system::error_code error;
            used = put({bytes.data(), bytes.size()}, error);
            if (error) return refuse(status_of(error));
            if (!is_header_done()) return refuse(400);
            if (refused_ != 0) return refuse(refused_);
            request_.chunked_ = chunked();
            length_ = content_length().value_or(0);
        }
        return request_.chunked_ ? read_chunks(bytes) : read_body(bytes);
    }

    std::size_t used = 0;
    unsigned status = 400;  // What a wrong request is answered with.

    // Whether the client waits for a word before it sends the body.
    bool wants_continue() const { return expects_ && is_header_done(); }

private:
    static bool has_header(std::string_view bytes) {
        // As a rule it ends what came: only a request with a body is searched through.
        return bytes.ends_with("\r\n\r\n") || bytes.find("\r\n\r\n") != bytes.npos;
    }
    State refuse(unsigned code) {
        status = code;
        return State::wrong;
    }
    static unsigned status_of(const boost::system::error_code& error) {
        if (error == beast::http::error::header_limit) return 431;
        if (error == beast::http::error::body_limit) return 413;
        if (error == beast::http::error::bad_version) return 505;
        return 400;
    }

    // The body lies in the bytes behind the header: nothing is copied.
    State read_body(std::string_view bytes) {
        if (bytes.size() - used < length_) return State::more;
        request_.body_ = {static_cast<std::uint32_t>(used), static_cast<std::uint32_t>(length_)};
        used += length_;
        return State::whole;
    }
    State read_chunks(std::string_view bytes) {
        while (!is_done()) {
            boost::system::error_code error;
            const std::size_t count = put({bytes.data() + used, bytes.size() - used}, error);
            used += count;
            if (error == beast::http::error::need_more) return State::more;
            if (error) return refuse(status_of(error));
            if (count == 0 && !is_done()) return State::more;
        }
        return State::whole;
    }

    Request::Part part(beast::string_view text) const {
        return {static_cast<std::uint32_t>(text.data() - base_),
                static_cast<std::uint32_t>(text.size())};
    }

    // What the parser tells.
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                         int, boost::system::error_code& error) override {
        request_.method_ = part(method);
        request_.target_ = part(target);
        error = {};
    }
    void on_response_impl(int, beast::string_view, int, boost::system::error_code&) override {}
    void on_field_impl(beast::http::field name, beast::string_view text, beast::string_view value,
                       boost::system::error_code& error) override {
        error = {};
        if (request_.count_ == Request::fields_max) {
            refused_ = 431;
            return;
        }
        request_.fields_[request_.count_++] = {part(text), part(value)};
        if (name == beast::http::field::expect)
            expects_ = Request::same(request_.view(part(value)), "100-continue");
    }
    void on_header_impl(boost::system::error_code& error) override { error = {}; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&,
                           boost::system::error_code& error) override {
        error = {};
    }
    std::size_t on_body_impl(beast::string_view, boost::system::error_code& error) override {
        error = {};
        return 0;
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view,
                              boost::system::error_code& error) override {
        error = {};
    }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view text,
                                   boost::system::error_code& error) override {
        error = {};
        request_.decoded_.append(text.data(), text.size());
        return text.size();
    }
    void on_finish_impl(boost::system::error_code& error) override { error = {}; }

    const Options& options_;
    Request& request_;
    const char* base_ = nullptr;
    std::uint64_t length_ = 0;
    unsigned refused_ = 0;
    bool expects_ = false;
};

}  // namespace superd::http
