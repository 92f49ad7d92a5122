#include "ctl/import/references.hpp"

#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

namespace superctl::importing {

namespace {

// "$${" would be "${" itself: a $ before a reference is a default of its own.
std::string before_reference(std::string_view text) {
    std::string dollars;
    for (; text.ends_with('$'); text.remove_suffix(1)) dollars += "${DOLLAR:-$}";
    return escape_references(text) + dollars;
}

}  // namespace

std::string References::mark(std::string reference) {
    all_.push_back(std::move(reference));
    return first + std::to_string(all_.size() - 1) + last;
}

References::Mark References::mark_in(std::string_view text) const {
    if (!text.starts_with(first)) return {};
    const auto end = text.find(last);
    const auto number = end == text.npos ? std::nullopt : parse_number(text.substr(1, end - 1));
    if (!number || *number < 0 || static_cast<std::size_t>(*number) >= all_.size()) return {};
    return {static_cast<std::size_t>(*number), end + 1};
}

std::string References::resolved(std::string_view text) const {
    std::string out, own;
    while (!text.empty()) {
        const auto mark = mark_in(text);
        if (mark.length == 0) {
            own += text.front();
            text.remove_prefix(1);
            continue;
        }
        out += before_reference(own) + all_[mark.number];
        own.clear();
        text.remove_prefix(mark.length);
    }
    return out + escape_references(own);
}

bool References::may_split(std::string_view word, std::string_view text) const {
    if (word.empty() || mark_in(word).length != word.size()) return false;
    const auto at = text.find(word);
    return at == 0 || at == text.npos || (text[at - 1] != '"' && text[at - 1] != '\'');
}

bool is_relative_path(std::string_view path) {
    return path.contains('/') && !path.starts_with('/') && !path.starts_with("${");
}

}  // namespace superctl::importing
