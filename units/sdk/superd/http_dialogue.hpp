// One connection's requests and answers, whatever it is read and written with.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <superd/http_reader.hpp>
#include <vector>

namespace superd::http {

// A connection's bytes that are not consumed yet. Most requests fit into what it has of its own, so
// that a thousand idle connections cost little; it grows for those that do not, and shrinks again
// when those stop.
class Buffer {
public:
    std::string_view view() const { return {data() + begin_, end_ - begin_}; }

    // Room for more bytes, at least one; it grows to `most` altogether.
    std::span<char> space(std::uint32_t most) {
        if (begin_ == end_) begin_ = end_ = 0;
        if (end_ == capacity_) {
            if (begin_ > 0)
                compact();
            else
                grow(std::max(std::min(capacity_ * 4, most), capacity_ + 1));
        }
        return {data() + end_, capacity_ - end_};
    }
    void add(std::size_t count) {
        end_ += static_cast<std::uint32_t>(count);
        small_reads_ = count <= own_size ? small_reads_ + 1 : 0;
    }
    void consume(std::size_t count) {
        begin_ += static_cast<std::uint32_t>(count);
        if (begin_ == end_ && large_ && small_reads_ >= 8) {
            large_.reset();
            capacity_ = own_size;
            begin_ = end_ = 0;
        }
    }

private:
    char* data() { return large_ ? large_.get() : own_.data(); }
    const char* data() const { return large_ ? large_.get() : own_.data(); }
    void compact() {
        std::memmove(data(), data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    void grow(std::uint32_t capacity) {
        std::unique_ptr<char[]> larger{new char[capacity]};
        std::memcpy(larger.get(), data(), end_);
        large_ = std::move(larger);
        capacity_ = capacity;
    }

    static constexpr std::uint32_t own_size = 96;
    std::array<char, own_size> own_;
    std::unique_ptr<char[]> large_;
    std::uint32_t capacity_ = own_size, begin_ = 0, end_ = 0, small_reads_ = 0;
};

// What one request needs while it is read and answered. They are used again: an idle connection has
// none.
struct Exchange {
    Request request;
    Response response;
    std::optional<Reader> reader;
};

class Dialogue {
public:
    enum class Next { more, request, wrong };

    explicit Dialogue(const Options& options) : options_{options} {}
    Dialogue(const Dialogue&) = delete;
    Dialogue& operator=(const Dialogue&) = delete;
    ~Dialogue() { release(); }

    // Where to read more bytes to, and how many came.
    std::span<char> space() {
        return buffer_.space(options_.header_max + options_.body_max + chunks_max);
    }
    void add(std::size_t count) { buffer_.add(count); }
    // Whether a request has begun to arrive.
    bool begun() const { return !buffer_.view().empty(); }

    // Takes the next whole request out of the bytes, if there is one. A wrong one has its answer
    // already.
    Next next() {
        if (closing_ || buffer_.view().empty()) return Next::more;
        if (!exchange_) {
            exchange_ = take();
            exchange_->request.clear();
            exchange_->response.clear();
            exchange_->reader.emplace(options_, exchange_->request);
            told_to_continue_ = false;
        }
        switch (exchange_->reader->read(buffer_.view())) {
            case Reader::State::whole: return Next::request;
            case Reader::State::wrong:
                exchange_->response.status(exchange_->reader->status).close();
                return Next::wrong;
            case Reader::State::more: break;
        }
        return Next::more;
    }

    const Request& request() const { return exchange_->request; }
    Response& response() { return exchange_->response; }

    // What is to be said to a client that waits for leave to send its request's body.
    std::string_view interim() {
        if (!exchange_ || told_to_continue_ || !exchange_->reader->wants_continue()) return {};
        told_to_continue_ = true;
        return "HTTP/1.1 100 Continue\r\n\r\n";
    }

    // The handler failed: whatever it made of the answer is replaced.
    void failed(unsigned status) {
        response().clear();
        response().status(status).close();
    }

    // The request is answered: appends the answer, forgets the request.
    void answered(std::string& out, bool stopping) {
        const auto& reader = *exchange_->reader;
        const bool known = reader.is_header_done();
        closing_ = stopping || !options_.keep_alive || exchange_->response.closes() || !known ||
                   !reader.keep_alive();
        const bool head = known && exchange_->request.method() == "HEAD";
        exchange_->response.append_to(out, head, closing_);
        buffer_.consume(known ? reader.used : buffer_.view().size());
        release();
    }

    // The connection ends with what was answered last.
    bool closing() const { return closing_; }

private:
    static constexpr std::uint32_t chunks_max =
        64 * 1024;  // For what a body in chunks has besides the body.
    static constexpr std::size_t kept_max = 512;

    // Exchanges that this thread's connections do not need now: as many as are answered between two
    // looks of a loop at its sockets, while many requests wait.
    static std::vector<std::unique_ptr<Exchange>>& kept() {
        thread_local std::vector<std::unique_ptr<Exchange>> exchanges;
        return exchanges;
    }
    static std::unique_ptr<Exchange> take() {
        auto& exchanges = kept();
        if (exchanges.empty()) return std::make_unique<Exchange>();
        auto exchange = std::move(exchanges.back());
        exchanges.pop_back();
        return exchange;
    }
    void release() {
        if (!exchange_) return;
        exchange_->reader.reset();
        auto& exchanges = kept();
        if (exchanges.size() < kept_max) exchanges.push_back(std::move(exchange_));
        exchange_.reset();
    }

    const Options& options_;
    Buffer buffer_;
    std::unique_ptr<Exchange> exchange_;
    bool told_to_continue_ = false, closing_ = false;
};

}  // namespace superd::http
