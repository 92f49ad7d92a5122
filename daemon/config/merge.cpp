#include "config/merge.hpp"

#include "config/schema.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace superd::config {

namespace {

constexpr std::string_view ready = "ready";

bool is_way_to_be_ready(std::string_view name) {
    const auto found = std::ranges::find_if(unit_schema().keys, [&](const Key& key) {
        return key.section() == ready && key.name() == name;
    });
    return found != unit_schema().keys.end() && is_way_to_be_ready(*found);
}

void leave_one_way(Table& base, const Table& over) {
    const auto is_way = [](const Entry& entry) { return is_way_to_be_ready(entry.key); };
    if (std::ranges::any_of(over.entries, is_way)) std::erase_if(base.entries, is_way);
}

// [[…]]: what one file says, another can only add to.
bool is_headed(const Array& array) {
    return !array.empty() && std::ranges::all_of(array, [](const Value& value) {
        const auto* table = value.as<Table>();
        return table != nullptr && table->headed;
    });
}

void merge_entry(Entry& base, Entry over) {
    auto* const table = std::get_if<Table>(&base.value.data);
    auto* const array = std::get_if<Array>(&base.value.data);
    if (auto* const added = std::get_if<Table>(&over.value.data); table && added) {
        if (base.key == ready) leave_one_way(*table, *added);
        return merge(*table, std::move(*added));
    }
    if (auto* const added = std::get_if<Array>(&over.value.data);
        array && added && is_headed(*array) && is_headed(*added)) {
        std::ranges::move(*added, std::back_inserter(*array));
        return;
    }
    base = std::move(over);
}

void set_file(Value& value, std::uint16_t file) {
    value.at.file = file;
    if (auto* const table = std::get_if<Table>(&value.data)) set_file(*table, file);
    if (auto* const array = std::get_if<Array>(&value.data)) {
        for (auto& item : *array) set_file(item, file);
    }
}

}  // namespace

void merge(Table& base, Table over) {
    for (auto& entry : over.entries) {
        const auto place = std::ranges::lower_bound(base.entries, entry.key, {}, &Entry::key);
        if (place != base.entries.end() && place->key == entry.key) {
            merge_entry(*place, std::move(entry));
        } else {
            base.entries.insert(place, std::move(entry));
        }
    }
}

void set_file(Table& table, std::uint16_t file) {
    for (auto& entry : table.entries) {
        entry.at.file = file;
        set_file(entry.value, file);
    }
}

}  // namespace superd::config
