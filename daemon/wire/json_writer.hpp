// Writes JSON straight to a string. The shapes of the control API are flat and
// known, so a tree of values in between would only cost time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace superd::wire {

// Appends `text` as a JSON string with its quotes. What is not UTF-8 becomes
// U+FFFD: services write any bytes, and each line we send must be valid JSON.
void append_quoted(std::string& out, std::string_view text);

// Puts commas where they belong; the caller balances what it begins.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_{out} {}

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }
    // The name of the member whose value comes next; a plain identifier, not escaped.
    void key(std::string_view name);

    void value(std::string_view text);
    void value(const std::string& text) { value(std::string_view{text}); }
    void value(const char* text) { value(std::string_view{text}); }
    void value(bool truth);
    void value(double number);  // What is not finite becomes null.
    template <class Integer>
        requires std::is_integral_v<Integer>
    void value(Integer number) {
        if constexpr (std::is_signed_v<Integer>) {
            integer(static_cast<std::int64_t>(number));
        } else {
            natural(static_cast<std::uint64_t>(number));
        }
    }
    template <class T>
    void value(const std::optional<T>& some) {
        some ? value(*some) : null();
    }
    void value(const std::vector<std::string>& texts);
    void null();

    template <class T>
    void member(std::string_view name, const T& content) {
        key(name);
        value(content);
    }

private:
    void open(char bracket);
    void close(char bracket);
    void separate();
    void integer(std::int64_t number);
    void natural(std::uint64_t number);

    std::string& out_;
    bool comma_ = false;  // The next element of the innermost list needs one before it.
};

}  // namespace superd::wire
