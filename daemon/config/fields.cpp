#include "config/fields.hpp"

#include "base/nearest.hpp"
#include "config/check.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace superd::config {

namespace {

// What a key that is not known was probably meant to be, as a question.
std::string suggestion(const Schema& schema, std::string_view path) {
    const auto dot = path.find('.');
    const auto section = dot == path.npos ? std::string_view{} : path.substr(0, dot);
    const auto name = dot == path.npos ? path : path.substr(dot + 1);
    std::vector<std::string_view> near, sections;
    for (const auto& key : schema.keys) {
        if (key.section() == section) near.push_back(key.name());
    }
    if (section.empty()) sections = schema.sections();
    if (const auto meant = nearest(name, near)) return fmt::format("; did you mean {}?", *meant);
    if (const auto meant = nearest(name, sections); meant && !meant->empty()) {
        return fmt::format("; did you mean {}?", schema.heading(*meant));
    }
    // The right key in the wrong section.
    for (const auto& key : schema.keys) {
        if (key.name() == name) return fmt::format("; did you mean {}?", key.path);
    }
    return fmt::format("; {} has all keys", schema.manual);
}

}  // namespace

Fields::Fields(const Table& root, const Schema& schema, Report& report)
    : schema_{schema}, report_{report}, slots_(schema.keys.size()) {
    check_table(root, {});
}

Fields::Fields(const Table& table, Position at, std::size_t index, const Fields& whole)
    : schema_{whole.schema_},
      report_{whole.report_},
      slots_(whole.slots_.size()),
      element_{config::element(whole.schema_.repeated, index)},
      at_{at} {
    check_table(table, std::string{schema_.repeated} + ".");
}

void Fields::check_elements(const Entry& entry, const std::string& path) {
    const auto* const array = entry.value.as<Array>();
    if (array == nullptr) {
        return refuse(path, entry.value,
                      fmt::format("there may be several; write {}", schema_.heading(path)));
    }
    for (std::size_t i = 0; i < array->size(); ++i) {
        if (const auto* table = (*array)[i].as<Table>()) {
            elements_.push_back(Fields{*table, (*array)[i].at, i, *this});
            continue;
        }
        refuse(config::element(path, i), (*array)[i],
               fmt::format("expected a table, not {}; write {}", type_name((*array)[i]),
                           schema_.heading(path)));
    }
}

// The path as it is told: with the number of the table, in one that is repeated.
std::string Fields::label(std::string_view path) const {
    const bool inside = !element_.empty() && path.starts_with(schema_.repeated);
    return inside ? element_ + std::string{path.substr(schema_.repeated.size())}
                  : std::string{path};
}

void Fields::check_table(const Table& table, const std::string& prefix) {
    for (const auto& entry : table.entries) {
        check_entry(entry, prefix + shown_key(entry.key));
    }
}

void Fields::check_entry(const Entry& entry, const std::string& path) {
    if (const auto index = schema_.index(path)) {
        const auto refuse_part = [&](std::string_view where, const Value& part,
                                     std::string_view cause) {
            refuse(path + std::string{where}, part, cause);
        };
        slots_[*index] = {&entry.value,
                          check_value(schema_.keys[*index], entry.value, refuse_part)};
    } else if (!schema_.is_section(path)) {
        report_unknown(entry, path);
    } else if (path == schema_.repeated) {
        check_elements(entry, path);
    } else if (const auto* section = entry.value.as<Table>()) {
        check_table(*section, path + ".");
    } else {
        refuse(path, entry.value,
               fmt::format("expected a section, not {}; write [{}]", type_name(entry.value), path));
    }
}

void Fields::report_unknown(const Entry& entry, const std::string& path) const {
    const auto* const array = entry.value.as<Array>();
    const bool tables = array != nullptr && !array->empty() && array->front().as<Table>();
    const bool section = entry.value.as<Table>() != nullptr || tables;
    report_.add(entry.at, fmt::format("cannot use {}: unknown {}{}",
                                      section ? fmt::format("[{}]", path) : label(path),
                                      section ? "section" : "key", suggestion(schema_, path)));
}

const Fields::Slot& Fields::slot(std::string_view path) const {
    const auto index = schema_.index(path);
    assert(index);
    return slots_[*index];
}

const Value* Fields::value(std::string_view path) const {
    const auto& found = slot(path);
    return found.good ? found.value : nullptr;
}

bool Fields::given(std::string_view path) const { return slot(path).value != nullptr; }

Position Fields::position(std::string_view path) const {
    const auto* found = slot(path).value;
    return found == nullptr ? Position{} : found->at;
}

void Fields::read(std::string_view path, std::string& into) const {
    if (const auto* found = value(path)) into = *found->as<std::string>();
}

void Fields::read(std::string_view path, bool& into) const {
    if (const auto* found = value(path)) into = *found->as<bool>();
}

void Fields::read(std::string_view path, double& into) const {
    const auto* found = value(path);
    if (found == nullptr) return;
    const auto* integer = found->as<std::int64_t>();
    into = integer != nullptr ? static_cast<double>(*integer) : *found->as<double>();
}

std::vector<std::string> Fields::texts(std::string_view path) const {
    std::vector<std::string> result;
    if (const auto* found = value(path)) {
        const auto& array = *found->as<Array>();
        result.reserve(array.size());
        for (const auto& item : array) result.push_back(*item.as<std::string>());
    }
    return result;
}

std::size_t Fields::choice(std::string_view path, const Value& value) const {
    const auto choices = choices_of(*schema_.find(path));
    const auto found = std::ranges::find(choices, *value.as<std::string>());
    assert(found != choices.end());
    return static_cast<std::size_t>(found - choices.begin());
}

void Fields::refuse(std::string_view path, const Value& value, std::string_view cause) const {
    // What a variable or a module is told may be a secret.
    const auto top = path.substr(0, path.find('.'));
    const bool secret = top == "env" || top == "variables" || top == "config";
    const auto text = secret ? std::string{} : shown(value);
    const auto shown_path = label(path);
    report_.add(value.at, text.empty()
                              ? fmt::format("cannot use {}: {}", shown_path, cause)
                              : fmt::format("cannot use {} = {}: {}", shown_path, text, cause));
}

std::string element(std::string_view path, std::size_t index) {
    return fmt::format("{}[{}]", path, index);
}

}  // namespace superd::config
