#include "config/environment.hpp"

#include "base/nearest.hpp"
#include "config/check.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

constexpr std::size_t text_bytes_max = 128 * 1024 - 1;  // What execve(2) takes as one string.
constexpr std::size_t expanded_bytes_max = 2u << 20;    // What it takes in all.
constexpr std::size_t depth_max = 64;

constexpr std::string_view no_reference =
    "expected a variable's name as in ${NAME} or ${NAME:-default}; for a literal ${ write $${";

// Where the reference that `text` begins with ends; a default may have others in it.
std::size_t closing_brace(std::string_view text) {
    std::size_t open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '$' && text.substr(i + 1).starts_with('{')) ++open;
        if (text[i] == '}' && open-- == 0) return i;
    }
    return text.npos;
}

std::string chain(const std::vector<std::string>& names, const std::string& last) {
    std::string text;
    for (auto name = std::ranges::find(names, last); name != names.end(); ++name) {
        text += *name + " → ";
    }
    return text + last;
}

}  // namespace

void Environment::set(std::string name, std::string value) {
    values_.insert_or_assign(std::move(name), std::move(value));
}

void Environment::define(std::string name, std::string text) {
    defined_.insert_or_assign(std::move(name), std::move(text));
}

std::vector<Environment::Failure> Environment::resolve() {
    std::vector<std::string> within;
    while (!defined_.empty()) {
        const auto name = defined_.begin()->first;
        static_cast<void>(resolve(name, within));
    }
    return std::exchange(failures_, {});
}

std::expected<std::string, std::string> Environment::expand(std::string_view text) {
    std::vector<std::string> within;
    return expand(text, within);
}

std::expected<std::string, std::string> Environment::expand(std::string_view text,
                                                            std::vector<std::string>& within) {
    if (depth_ >= depth_max) {
        return std::unexpected{"too many variables refer to others in a row"};
    }
    ++depth_;
    std::string out;
    std::optional<std::string> mistake;
    for (auto dollar = text.find("${"); dollar != text.npos; dollar = text.find("${")) {
        if (dollar > 0 && text[dollar - 1] == '$') {
            out += text.substr(0, dollar - 1);
            out += "${";
            text.remove_prefix(dollar + 2);
            continue;
        }
        out += text.substr(0, dollar);
        text.remove_prefix(dollar + 2);
        const auto reference = text.substr(0, closing_brace(text));
        auto value = reference.size() == text.size() ? std::unexpected{std::string{no_reference}}
                                                     : replace(reference, within);
        if (!value) mistake = std::move(value.error());
        if (mistake) break;
        out += *value;
        if (out.size() > text_bytes_max) break;
        text.remove_prefix(reference.size() + 1);
    }
    --depth_;
    if (mistake) return std::unexpected{std::move(*mistake)};
    out += text;
    expanded_ += out.size();
    if (out.size() > text_bytes_max || expanded_ > expanded_bytes_max) {
        return std::unexpected{"with its variables it is longer than a program can be given"};
    }
    return out;
}

std::expected<std::string, std::string> Environment::replace(std::string_view reference,
                                                             std::vector<std::string>& within) {
    const auto mark = reference.find(":-");
    const std::string name{reference.substr(0, mark)};
    if (!is_variable_name(name)) return std::unexpected{std::string{no_reference}};
    auto value = lookup(name, within);
    if (!value) return std::unexpected{std::move(value.error())};
    if (mark != reference.npos && (!*value || (*value)->empty())) {
        return expand(reference.substr(mark + 2), within);
    }
    if (!*value) return std::unexpected{unknown(name)};
    return std::move(**value);
}

// Whatever is wrong within a variable is told of that variable, not of those that use it.
std::string Environment::resolve(const std::string& name, std::vector<std::string>& within) {
    within.push_back(name);
    auto value = expand(defined_.at(name), within);
    within.pop_back();
    if (!value) {
        failures_.push_back({name, std::move(value.error())});
        value = std::string{};
    }
    values_.insert_or_assign(name, *value);
    defined_.erase(name);
    return std::move(*value);
}

std::expected<std::optional<std::string>, std::string> Environment::lookup(
    const std::string& name, std::vector<std::string>& within) {
    if (const auto found = fixed_.find(name); found != fixed_.end()) return found->second;
    const bool own = !within.empty() && within.back() == name;
    if (const auto found = defined_.find(name); found != defined_.end() && !own) {
        if (std::ranges::find(within, name) != within.end()) {
            return std::unexpected{"it refers to itself: " + chain(within, name)};
        }
        return resolve(name, within);
    }
    if (const auto found = values_.find(name); found != values_.end()) return found->second;
    if (const auto found = beside_.find(name); found != beside_.end()) return found->second;
    if (name == "PATH") return std::string{default_path};
    return std::nullopt;
}

std::string Environment::unknown(const std::string& name) const {
    std::vector<std::string_view> names;
    for (const auto* variables : {&fixed_, &values_, &beside_, &defined_}) {
        for (const auto& [known, value] : *variables) {
            if (known != name) names.push_back(known);  // It may refer to its own name.
        }
    }
    if (const auto meant = nearest(name, names)) {
        return fmt::format("${{{}}} is not set; did you mean ${{{}}}?", name, *meant);
    }
    return fmt::format(
        "${{{0}}} is not set; set {0} in the unit's env or in [variables] of superd.toml, or write "
        "${{{0}:-default}}; for the text itself write $${{{0}}}",
        name);
}

std::string Environment::path() const {
    const auto found = values_.find("PATH");
    return found == values_.end() ? std::string{default_path} : found->second;
}

std::vector<std::string> Environment::strings() const {
    std::vector<std::string> result;
    result.reserve(values_.size());
    for (const auto& [name, value] : values_) {
        std::string text;
        text.reserve(name.size() + 1 + value.size());
        result.push_back(std::move(text.append(name).append("=").append(value)));
    }
    return result;
}

}  // namespace superd::config
