// What compose makes of the text of a service: variables, and words.
#include "ctl/import/compose.hpp"
#include "ctl/import/compose_node.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"
#include "ctl/import/words.hpp"

#include <algorithm>

namespace superctl::importing {

namespace {

// How long the name of a variable at the beginning of `text` is.
std::size_t name_length(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && is_variable(text.substr(0, length + 1))) ++length;
    return length;
}

// Where the "}" is that belongs to a "${" before `text`: a default may have references of its own.
std::size_t closing_brace(std::string_view text) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '$' && text.substr(i + 1).starts_with('{')) ++depth;
        if (text[i] != '}') continue;
        if (depth == 0) return i;
        --depth;
    }
    return text.npos;
}

// A default of a default of a default is as deep as anybody goes.
constexpr std::ptrdiff_t depth_max = 8;

}  // namespace

// "${NAME:-default}" and "$NAME" are replaced from the environment, "$$" is a $.
std::string ComposeService::expanded(std::string_view text, const YAML::Node& where) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto rest = text.substr(i + 1);
        if (text[i] != '$' || rest.empty()) {
            out += text[i];
        } else if (rest.starts_with('$')) {
            out += '$';
            ++i;
        } else if (rest.starts_with('{')) {
            const auto end = closing_brace(rest.substr(1));
            if (end == rest.npos) {
                note(where, Weight::lost, "a ${ without its }");
                return out + "$" + std::string{rest};
            }
            const auto reference_text = reference(rest.substr(1, end), where);
            if (!reference_text.empty()) out += references_.mark(reference_text);
            i += end + 2;
        } else if (const auto length = name_length(rest); length != 0) {
            out += references_.mark(reference(rest.substr(0, length), where));
            i += length;
        } else {
            out += '$';
        }
    }
    return out;
}

std::string ComposeService::resolved(std::string_view text, const YAML::Node& where) {
    return references_.resolved(expanded(text, where));
}

std::string ComposeService::reference(std::string_view inner, const YAML::Node& where) {
    const std::string name{inner.substr(0, name_length(inner))};
    auto rest = inner.substr(name.size());
    if (rest.starts_with(':')) rest.remove_prefix(1);
    const char kind = rest.empty() ? '-' : rest.front();
    const bool known = rest.empty() ? name.size() == inner.size() : kind == '-' || kind == '?';
    if (name.empty() || !known || std::ranges::count(rest, '{') > depth_max) {
        note(where, Weight::lost,
             "${" + std::string{inner} + "}: superd knows ${NAME} and ${NAME:-default}");
        if (name.empty()) return {};
        rest = {};
    }
    draft_.append("pass-env", toml_string(name));
    asks_environment_ = true;
    if (kind == '?' && known) {
        note(where, Weight::lost,
             "${" + std::string{inner} + "}: superd has an empty one where " + name +
                 " is not set; ${" + name + "} alone has it refuse the configuration");
        rest = {};
    }
    return "${" + name + ":-" + (rest.empty() ? "" : resolved(rest.substr(1), where)) + "}";
}

// A list as it is, a string split as a shell would.
std::vector<std::string> ComposeService::words(const YAML::Node& node) {
    std::vector<std::string> found;
    if (node.IsSequence()) {
        for (const auto& each : node) found.push_back(resolved(scalar(each), each));
        return found;
    }
    const auto text = expanded(scalar(node), node);
    if (!split_shell_words(text, found)) note(node, Weight::lost, "a quote without its end");
    for (auto& word : found) {
        const bool may_split = references_.may_split(word, text);
        word = references_.resolved(word);
        if (!may_split) continue;
        note(node, Weight::remark, word + " is one word, whatever blanks its value has");
    }
    return found;
}

}  // namespace superctl::importing
