// Bytes of an HTTP/1.1 answer to its status and body, without any I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace superctl {

// Understands what superd and its logger send: a Content-Length, chunks, or a
// body that ends with the connection.
class ResponseReader {
public:
    // Takes all of `bytes`. What of them belongs to the body is appended to `body`.
    void feed(std::string_view bytes);
    // No more bytes come.
    void end_of_stream();

    // 0 before the head is complete.
    unsigned status() const { return status_; }
    bool complete() const { return step_ == Step::complete; }
    // It is no HTTP, or was cut short.
    bool broken() const { return step_ == Step::broken; }

    // Decoded so far; the caller may take from it.
    std::string body;

private:
    enum class Step : std::uint8_t {
        head,
        counted,    // `left_` bytes of body.
        to_end,     // All that comes.
        size,       // The line with a chunk's size.
        chunk,      // `left_` bytes of a chunk.
        chunk_end,  // The line end after a chunk.
        trailer,    // Lines after the last chunk, up to an empty one.
        complete,
        broken,
    };

    bool step();
    bool take_line(std::string& line);
    void read_head(std::string_view head);
    void read_size(std::string_view line);
    void take_body();

    std::string input_;
    std::size_t at_ = 0;  // Of what is not read yet.
    std::uint64_t left_ = 0;
    unsigned status_ = 0;
    Step step_ = Step::head;
};

}  // namespace superctl
