// Requests and answers of HTTP/1.1, in buffers that are used again and again: no allocation per
// request.
#pragma once

#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace superd::http {

// What a server accepts and how long it waits.
struct Options {
    std::uint32_t header_max = 16 * 1024;  // Bytes of a request before its body; more: 431.
    std::uint32_t body_max = 1024 * 1024;  // More is answered with 413.
    // Between requests; then the connection is closed. 0: for ever.
    std::chrono::duration<std::uint32_t, std::milli> idle_max{75'000};
    bool keep_alive = true;  // False: each connection ends with its first answer.
};

// A request. All that it gives out lies in the connection's buffer: valid until the handler
// returns, or its coroutine ends. To be kept longer it has to be copied.
class Request {
public:
    static constexpr std::size_t fields_max = 64;

    std::string_view method() const { return view(method_); }
    // As it was sent: "/orders?id=7".
    std::string_view target() const { return view(target_); }
    std::string_view path() const { return target().substr(0, target().find('?')); }
    // Without the question mark; empty when there is none.
    std::string_view query() const {
        const auto mark = target().find('?');
        return mark == std::string_view::npos ? std::string_view{} : target().substr(mark + 1);
    }
    // The first header field of that name, in any case; empty when there is none.
    std::string_view header(std::string_view name) const {
        for (std::size_t i = 0; i < count_; ++i)
            if (same(view(fields_[i].name), name)) return view(fields_[i].value);
        return {};
    }
    std::string_view body() const { return chunked_ ? std::string_view{decoded_} : view(body_); }
    // "GET /orders": what reports of stalls and crashes call it. Up to the version of its first
    // line.
    std::string_view title() const {
        return {base_ + method_.begin, target_.begin + target_.size - method_.begin};
    }

private:
    friend class Reader;
    friend class Dialogue;
    struct Part {
        std::uint32_t begin = 0, size = 0;
    };
    struct Field {
        Part name, value;
    };

    std::string_view view(Part part) const { return {base_ + part.begin, part.size}; }
    static bool same(std::string_view a, std::string_view b) {
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i)
            if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
        return true;
    }
    void clear() {
        count_ = 0;
        body_ = {};
        chunked_ = false;
        decoded_.clear();
    }

    const char* base_ = nullptr;  // Where the request begins in the connection's buffer.
    Part method_, target_, body_;
    std::size_t count_ = 0;
    std::array<Field, fields_max> fields_;
    bool chunked_ = false;
    std::string decoded_;  // Of a body that came in chunks.
};

// The reason phrase of a status code.
constexpr std::string_view reason(unsigned status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "Status";
    }
}

// The answer: 200 with an empty text until it is told otherwise.
class Response {
public:
    Response& status(unsigned code) {
        status_ = code;
        return *this;
    }
    // Of the body: "text/plain" by itself.
    Response& type(std::string_view type) {
        type_ = type;
        return *this;
    }
    // A further header field. Not Content-Length, Content-Type, Connection or Date. A line break in
    // the name or the value is dropped: it would begin a field of its own.
    Response& header(std::string_view name, std::string_view value) {
        append_clean(name);
        fields_ += ": ";
        append_clean(value);
        fields_ += "\r\n";
        return *this;
    }
    Response& body(std::string_view text) {
        body_ = text;
        return *this;
    }
    // The body itself, to be written into.
    std::string& body() { return body_; }
    // Ends the connection after this answer.
    Response& close() {
        close_ = true;
        return *this;
    }

    unsigned status() const { return status_; }
    bool closes() const { return close_; }

    void clear() {
        status_ = 200;
        type_.clear();
        fields_.clear();
        body_.clear();
        close_ = false;
    }

    // Appends the answer as it is sent. `head`: the answer to HEAD, which has no body.
    void append_to(std::string& out, bool head, bool closing) const {
        const bool without_body = status_ == 204 || status_ == 304 || status_ < 200;
        const std::size_t before = out.size();
        out.resize(before + head_max + type_.size() + fields_.size());
        Pen pen{out.data() + before};
        const std::string_view usual = usual_head();
        if (status_ == 200) {
            pen.put(usual);
        } else {
            pen.put("HTTP/1.1 ");
            pen.put(status_);
            pen.put(" ");
            pen.put(reason(status_));
            pen.put(usual.substr(usual.find('\r')));
        }
        if (!without_body) {
            pen.put("\r\nContent-Type: ");
            pen.put(type_.empty() ? std::string_view{"text/plain"} : std::string_view{type_});
            pen.put("\r\nContent-Length: ");
            pen.put(body_.size());
        }
        pen.put(closing ? "\r\nConnection: close\r\n" : "\r\n");
        pen.put(fields_);
        pen.put("\r\n");
        out.resize(static_cast<std::size_t>(pen.at - out.data()));
        if (!head && !without_body) out += body_;
    }

private:
    // Of what is put before the body, beside what the handler added to it.
    static constexpr std::size_t head_max = 256;

    // Writes one text behind the other, where there is room enough.
    struct Pen {
        char* at;
        void put(std::string_view text) {
            std::memcpy(at, text.data(), text.size());
            at += text.size();
        }
        void put(std::size_t number) { at = std::to_chars(at, at + 20, number).ptr; }
    };

    void append_clean(std::string_view text) {
        for (const char c : text)
            if (c != '\r' && c != '\n') fields_ += c;
    }
    // What most answers begin with, the date included. Made anew once a second.
    static std::string_view usual_head() {
        thread_local time_t made = 0;
        thread_local char text[64];
        thread_local std::size_t size = 0;
        const time_t now = ::time(nullptr);
        if (now != made) {
            tm parts{};
            ::gmtime_r(&now, &parts);
            static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
            static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
            // Not strftime(3), whose names follow the locale.
            const int count = std::snprintf(
                text, sizeof text, "HTTP/1.1 200 OK\r\nDate: %s, %02d %s %04d %02d:%02d:%02d GMT",
                days[parts.tm_wday], parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
            size = std::min(static_cast<std::size_t>(count), sizeof text - 1);
            made = now;
        }
        return {text, size};
    }

    unsigned status_ = 200;
    std::string type_, fields_, body_;
    bool close_ = false;
};

}  // namespace superd::http
