#include "ctl/response_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace superctl {

namespace {

constexpr std::size_t head_max = 64 * 1024;
constexpr std::size_t line_max = 8 * 1024;

// The value of the header `name` (in small letters), or empty.
std::string header(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const auto line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const auto colon = line.find(':');
        if (colon == line.npos || colon != name.size()) continue;
        const bool same = std::ranges::equal(line.substr(0, colon), name, [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) == b;
        });
        if (!same) continue;
        auto value = line.substr(colon + 1);
        while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
        while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
        return std::string{value};
    }
    return {};
}

template <class Number>
bool read_number(std::string_view text, Number& out, int base) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), out, base);
    return !text.empty() && result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

}  // namespace

void ResponseReader::feed(std::string_view bytes) {
    input_ += bytes;
    while (step()) {}
}

void ResponseReader::end_of_stream() {
    if (step_ == Step::to_end) step_ = Step::complete;
    if (step_ != Step::complete) step_ = Step::broken;
}

// Advances as far as one part of the answer; false when more bytes are needed.
bool ResponseReader::step() {
    std::string line;
    switch (step_) {
        case Step::head: {
            const auto end = input_.find("\r\n\r\n", at_);
            if (end == input_.npos) {
                if (input_.size() - at_ > head_max) step_ = Step::broken;
                return false;
            }
            const auto head = input_.substr(at_, end + 2 - at_);
            at_ = end + 4;
            read_head(head);
            return true;
        }
        case Step::counted:
        case Step::chunk:
            take_body();
            if (left_ > 0) return false;
            step_ = step_ == Step::counted ? Step::complete : Step::chunk_end;
            return true;
        case Step::to_end:
            body.append(input_, at_);
            at_ = input_.size();
            return false;
        case Step::size:
            if (!take_line(line)) return false;
            read_size(line);
            return true;
        case Step::chunk_end:
            if (!take_line(line)) return false;
            step_ = line.empty() ? Step::size : Step::broken;
            return true;
        case Step::trailer:
            if (!take_line(line)) return false;
            if (line.empty()) step_ = Step::complete;
            return true;
        case Step::complete:
        case Step::broken: return false;
    }
    return false;
}

bool ResponseReader::take_line(std::string& line) {
    const auto end = input_.find("\r\n", at_);
    if (end == input_.npos) {
        if (input_.size() - at_ > line_max) step_ = Step::broken;
        return false;
    }
    line = input_.substr(at_, end - at_);
    at_ = end + 2;
    return true;
}

void ResponseReader::read_head(std::string_view head) {
    unsigned status = 0;
    const bool http = head.starts_with("HTTP/1.") && head.size() > 12 && head[8] == ' ';
    if (!http || !read_number(head.substr(9, 3), status, 10)) {
        step_ = Step::broken;
        return;
    }
    if (status < 200) return;  // 100 Continue: the answer is still to come.
    status_ = status;
    const auto fields = head.substr(head.find("\r\n") + 2);
    const auto length = header(fields, "content-length");
    if (header(fields, "transfer-encoding") == "chunked") {
        step_ = Step::size;
    } else if (length.empty()) {
        step_ = Step::to_end;
    } else {
        step_ = read_number(length, left_, 10) ? Step::counted : Step::broken;
    }
}

void ResponseReader::read_size(std::string_view line) {
    if (!read_number(line.substr(0, line.find(';')), left_, 16)) {
        step_ = Step::broken;
    } else {
        step_ = left_ == 0 ? Step::trailer : Step::chunk;
    }
}

void ResponseReader::take_body() {
    const auto count = std::min<std::uint64_t>(left_, input_.size() - at_);
    body.append(input_, at_, count);
    at_ += count;
    left_ -= count;
}

}  // namespace superctl
