#include "ctl/import/draft.hpp"

#include <algorithm>

namespace superctl::importing {

namespace {

std::pair<std::string_view, std::string_view> split(std::string_view path) {
    const auto dot = path.find('.');
    if (dot == path.npos) return {std::string_view{}, path};
    return {path.substr(0, dot), path.substr(dot + 1)};
}

bool fits_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"@_.:-"}.contains(c);
}

}  // namespace

std::string to_string(const Place& place) {
    return place.line == 0 ? place.file : place.file + ":" + std::to_string(place.line);
}

const Draft::Entry* Draft::find(std::string_view path) const {
    const auto [section, key] = split(path);
    const auto found = std::ranges::find_if(
        entries_, [&](const Entry& each) { return each.section == section && each.key == key; });
    return found == entries_.end() ? nullptr : &*found;
}

Draft::Entry& Draft::entry(std::string_view path) {
    if (const Entry* const found = find(path)) return const_cast<Entry&>(*found);
    const auto [section, key] = split(path);
    return entries_.emplace_back(Entry{std::string{section}, std::string{key}, {}, {}, false});
}

void Draft::set(std::string_view path, std::string toml) {
    Entry& to = entry(path);
    to.value = std::move(toml);
    to.array = false;
    to.items.clear();
}

void Draft::set_all(std::string_view path, std::vector<std::string> tomls) {
    Entry& to = entry(path);
    to.array = true;
    to.items = std::move(tomls);
}

void Draft::append(std::string_view path, std::string toml) {
    Entry& to = entry(path);
    to.array = true;
    if (std::ranges::find(to.items, toml) == to.items.end()) to.items.push_back(std::move(toml));
}

void Draft::drop(std::string_view path) {
    const auto [section, key] = split(path);
    std::erase_if(entries_,
                  [&](const Entry& each) { return each.section == section && each.key == key; });
}

void Draft::drop_item(std::string_view path, std::string_view toml) {
    if (!has(path)) return;
    Entry& from = entry(path);
    std::erase(from.items, toml);
    if (from.items.empty()) drop(path);
}

bool Draft::is(std::string_view path, std::string_view toml) const {
    const Entry* const found = find(path);
    return found != nullptr && !found->array && found->value == toml;
}

bool Draft::has_section(std::string_view section) const {
    return std::ranges::find(entries_, section, &Entry::section) != entries_.end();
}

void Draft::set_variable(std::string_view name, std::string toml) {
    set("env." + std::string{name}, std::move(toml));
}

void Draft::note(Place place, Weight weight, std::string text, std::string_view section) {
    notes.push_back({std::move(place), weight, std::move(text), std::string{section}});
}

void Translation::note(Place place, Weight weight, std::string text) {
    notes.push_back({std::move(place), weight, std::move(text), {}});
}

bool Translation::complete() const {
    const auto is_lost = [](const Note& note) { return note.weight == Weight::lost; };
    return std::ranges::none_of(notes, is_lost) &&
           std::ranges::none_of(
               units, [&](const Draft& unit) { return std::ranges::any_of(unit.notes, is_lost); });
}

Draft* Translation::find(std::string_view name) {
    const auto found = std::ranges::find(units, name, &Draft::name);
    return found == units.end() ? nullptr : &*found;
}

std::string unit_name(std::string_view text) {
    constexpr std::size_t length_max = 64;
    std::string name;
    for (const char c : text.substr(0, length_max)) name += fits_name(c) ? c : '-';
    if (name.empty()) return "unit";
    if (name.front() == '.' || name.front() == '-') name.front() = '_';
    return name;
}

}  // namespace superctl::importing
