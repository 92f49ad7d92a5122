#include "config/schema.hpp"

#include <algorithm>

namespace superd::config {

std::string_view Key::section() const {
    const auto dot = path.find('.');
    return dot == path.npos ? std::string_view{} : path.substr(0, dot);
}

std::string_view Key::name() const {
    const auto dot = path.find('.');
    return dot == path.npos ? path : path.substr(dot + 1);
}

std::optional<std::size_t> Schema::index(std::string_view path) const {
    const auto found = std::ranges::find(keys, path, &Key::path);
    if (found == keys.end()) return {};
    return static_cast<std::size_t>(found - keys.begin());
}

const Key* Schema::find(std::string_view path) const {
    const auto found = index(path);
    return found ? &keys[*found] : nullptr;
}

bool Schema::is_section(std::string_view path) const {
    return !path.empty() && std::ranges::find(keys, path, &Key::section) != keys.end();
}

std::vector<std::string_view> Schema::sections() const {
    std::vector<std::string_view> result;
    for (const auto& key : keys) {
        if (result.empty() || result.back() != key.section()) result.push_back(key.section());
    }
    return result;
}

bool is_way_to_be_ready(const Key& key) { return key.section() == "ready" && key.fallback.empty(); }

std::string Schema::heading(std::string_view section) const {
    std::string text = "[" + std::string{section} + "]";
    return section == repeated ? "[" + text + "]" : text;
}

std::vector<std::string_view> choices_of(const Key& key) {
    std::vector<std::string_view> result;
    auto rest = key.choices;
    while (!rest.empty()) {
        const auto bar = rest.find('|');
        result.push_back(rest.substr(0, bar));
        rest = bar == rest.npos ? std::string_view{} : rest.substr(bar + 1);
    }
    return result;
}

}  // namespace superd::config
