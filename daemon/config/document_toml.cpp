#include "config/document.hpp"

#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace superd::config {

namespace {

Position position(const toml::source_region& source) {
    return {source.begin.line, source.begin.column};
}

Value convert(const toml::node& node);

Table convert_table(const toml::table& table) {
    Table result;
    result.entries.reserve(table.size());
    result.headed = !table.is_inline();
    for (const auto& [key, node] : table) {
        result.entries.push_back({std::string{key.str()}, position(key.source()), convert(node)});
    }
    return result;
}

Array convert_array(const toml::array& array) {
    Array result;
    result.reserve(array.size());
    for (const auto& node : array) result.push_back(convert(node));
    return result;
}

std::string date_text(const toml::node& node) {
    std::ostringstream text;
    if (const auto* date = node.as_date()) text << date->get();
    if (const auto* time = node.as_time()) text << time->get();
    if (const auto* both = node.as_date_time()) text << both->get();
    return text.str();
}

Value convert(const toml::node& node) {
    Value value{position(node.source()), Date{}};
    if (const auto* text = node.as_string()) {
        value.data = text->get();
    } else if (const auto* integer = node.as_integer()) {
        value.data = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
        value.data = number->get();
    } else if (const auto* boolean = node.as_boolean()) {
        value.data = boolean->get();
    } else if (const auto* array = node.as_array()) {
        value.data = convert_array(*array);
    } else if (const auto* table = node.as_table()) {
        value.data = convert_table(*table);
    } else {
        value.data = Date{date_text(node)};
    }
    return value;
}

}  // namespace

std::expected<Table, Mistake> parse_document(std::string_view text) {
    if (auto good = check_text(text); !good) return std::unexpected{std::move(good.error())};
    try {
        return convert_table(toml::parse(text));
    } catch (const toml::parse_error& error) {
        return std::unexpected{Mistake{position(error.source()), std::string{error.description()}}};
    }
}

}  // namespace superd::config
