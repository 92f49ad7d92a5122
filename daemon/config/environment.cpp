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
        static_cast<void>(lookup(name, within));
    }
    return std::exchange(failures_, {});
}

std::expected<std::string, std::string> Environment::expand(std::string_view text) {
    std::vector<std::string> within;
    return expand(text, within);
}

std::expected<std::string, std::string> Environment::expand(std::string_view text,
                                                            std::vector<std::string>& within) {
    std::string out;
    for (auto dollar = text.find("${"); dollar != text.npos; dollar = text.find("${")) {
        if (dollar > 0 && text[dollar - 1] == '$') {
            out += text.substr(0, dollar - 1);
            out += "${";
            text.remove_prefix(dollar + 2);
            continue;
        }
        out += text.substr(0, dollar);
        text.remove_prefix(dollar + 2);
        const auto end = text.find('}');
        const auto name = text.substr(0, end);
        if (end == text.npos || !is_variable_name(name)) {
            return std::unexpected{
                "expected a variable's name as in ${NAME}; for a literal ${ write $${"};
        }
        auto value = lookup(std::string{name}, within);
        if (!value) return value;
        out += *value;
        if (out.size() > text_bytes_max) break;
        text.remove_prefix(end + 1);
    }
    out += text;
    expanded_ += out.size();
    if (out.size() > text_bytes_max || expanded_ > expanded_bytes_max) {
        return std::unexpected{"with its variables it is longer than a program can be given"};
    }
    return out;
}

// Whatever is wrong within a variable is told of that variable, not of those that use it.
std::expected<std::string, std::string> Environment::lookup(const std::string& name,
                                                            std::vector<std::string>& within) {
    const bool own = !within.empty() && within.back() == name;
    if (const auto found = defined_.find(name); found != defined_.end() && !own) {
        if (std::ranges::find(within, name) != within.end()) {
            return std::unexpected{"it refers to itself: " + chain(within, name)};
        }
        if (within.size() >= depth_max)
            return std::unexpected{"too many variables refer to others in a row"};
        within.push_back(name);
        auto value = expand(found->second, within);
        within.pop_back();
        if (!value) {
            failures_.push_back({name, std::move(value.error())});
            value = std::string{};
        }
        values_.insert_or_assign(name, *value);
        defined_.erase(name);
        return value;
    }
    if (const auto found = values_.find(name); found != values_.end()) return found->second;
    if (name == "PATH") return std::string{default_path};
    return std::unexpected{unknown(name)};
}

std::string Environment::unknown(const std::string& name) const {
    std::vector<std::string_view> names;
    for (const auto& [known, value] : values_) names.push_back(known);
    for (const auto& [known, text] : defined_) {
        if (known != name) names.push_back(known);  // It refers to its own name.
    }
    if (const auto meant = nearest(name, names)) {
        return fmt::format("${{{}}} is not in the unit's environment; did you mean ${{{}}}?", name,
                           *meant);
    }
    return fmt::format(
        "${{{0}}} is not in the unit's environment; set {0} in env, env-file or pass-env, "
        "or write $${{{0}}} for the text itself",
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
