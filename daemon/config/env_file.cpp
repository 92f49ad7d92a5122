#include "config/env_file.hpp"

#include "config/check.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

class Parser {
public:
    explicit Parser(std::string_view text) : text_{text} {}

    EnvFile parse() {
        while (!at_end()) {
            while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\r')) take();
            if (at_end()) break;
            if (peek() == '\n') {
                take();
            } else if (peek() == '#' || peek() == ';') {
                skip_line();
            } else {
                parse_assignment();
            }
        }
        return std::move(file_);
    }

private:
    bool at_end() const { return offset_ >= text_.size(); }
    char peek() const { return text_[offset_]; }

    char take() {
        const char c = text_[offset_++];
        if (c == '\n') {
            at_ = {at_.line + 1, 1};
        } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
            ++at_.column;
        }
        return c;
    }

    void skip_line() {
        while (!at_end() && peek() != '\n') {
            if (take() == '\\' && !at_end() && peek() == '\n') take();
        }
    }

    void parse_assignment() {
        const auto start = at_;
        std::string name;
        while (!at_end() && peek() != '=' && peek() != '\n') name += take();
        while (!name.empty() &&
               (name.back() == ' ' || name.back() == '\t' || name.back() == '\r')) {
            name.pop_back();
        }
        if (at_end() || peek() == '\n') {
            // What it says is not shown: it may be the rest of a secret.
            file_.mistakes.push_back({start, "expected NAME=value"});
            return;
        }
        take();
        auto value = parse_value();
        if (!value) return;
        if (name.starts_with("export ")) {
            file_.mistakes.push_back(
                {start, "this is no shell script; write NAME=value without export"});
        } else if (!is_variable_name(name)) {
            file_.mistakes.push_back(
                {start, fmt::format("cannot use {} as a variable's name: it has letters, "
                                    "digits and _ only, and no digit first",
                                    quoted(name))});
        } else {
            file_.variables.push_back({std::move(name), std::move(*value)});
        }
    }

    std::optional<std::string> parse_value() {
        std::string value;
        std::size_t kept = 0;  // Up to here spaces at the end are meant.
        while (!at_end() && (peek() == ' ' || peek() == '\t')) take();
        while (!at_end() && peek() != '\n') {
            const auto start = at_;
            const char c = take();
            if (c == '\'' || c == '"') {
                if (!parse_quoted(c, value)) {
                    file_.mistakes.push_back({start, fmt::format("a {} that is not closed", c)});
                    return {};
                }
                kept = value.size();
            } else if (c == '\\') {
                if (at_end()) break;
                if (const char next = take(); next != '\n') value += next;
                kept = value.size();
            } else {
                value += c;
            }
        }
        while (value.size() > kept &&
               (value.back() == ' ' || value.back() == '\t' || value.back() == '\r')) {
            value.pop_back();
        }
        return value;
    }

    bool parse_quoted(char quote, std::string& value) {
        while (!at_end()) {
            const char c = take();
            if (c == quote) return true;
            if (quote == '"' && c == '\\' && !at_end()) {
                const char next = take();
                if (next == '\n') continue;
                if (next != '"' && next != '\\' && next != '`' && next != '$') value += '\\';
                value += next;
            } else {
                value += c;
            }
        }
        return false;
    }

    std::string_view text_;
    std::size_t offset_ = 0;
    Position at_{1, 1};
    EnvFile file_;
};

}  // namespace

EnvFile parse_env_file(std::string_view text) {
    if (auto good = check_text(text); !good) {
        EnvFile file;
        file.mistakes.push_back({good.error().at, "cannot read this file: " + good.error().cause});
        return file;
    }
    return Parser{text}.parse();
}

}  // namespace superd::config
