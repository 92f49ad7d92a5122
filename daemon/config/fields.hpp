// A document held against its schema: what is left can be taken as typed values.
#pragma once

#include "config/document.hpp"
#include "config/quantity.hpp"
#include "config/report.hpp"
#include "config/schema.hpp"

#include <cassert>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

class Fields {
public:
    // Reports every unknown key, wrong type and value out of its bounds.
    // `root` must outlive this.
    Fields(const Table& root, const Schema& schema, Report& report);

    // The value of a key of the schema; null if it is absent or was refused.
    const Value* value(std::string_view path) const;
    // Whether the key was written, be it refused or not.
    bool given(std::string_view path) const;
    // Where its value was written; nowhere if it was not.
    Position position(std::string_view path) const;

    // Each leaves `into` as it is when there is no value.
    void read(std::string_view path, std::string& into) const;
    void read(std::string_view path, bool& into) const;
    void read(std::string_view path, double& into) const;
    template <std::integral Integer>
    void read(std::string_view path, Integer& into) const {
        if (const auto* found = value(path)) {
            into = static_cast<Integer>(*found->as<std::int64_t>());
        }
    }
    template <class Rep, class Period>
    void read(std::string_view path, std::chrono::duration<Rep, Period>& into) const {
        if (const auto* found = value(path)) {
            const auto parsed = parse_duration(*found->as<std::string>());
            assert(parsed);
            into = std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(*parsed);
        }
    }
    // The position of a choice among the schema's, as an enumerator of that order.
    template <class Enum>
        requires std::is_enum_v<Enum>
    void read(std::string_view path, Enum& into) const {
        if (const auto* found = value(path)) into = static_cast<Enum>(choice(path, *found));
    }
    std::vector<std::string> texts(std::string_view path) const;

    // Reports "cannot use PATH = VALUE: CAUSE"; `path` may be of an element, "exec[2]".
    void refuse(std::string_view path, const Value& value, std::string_view cause) const;
    // The tables of the section that may be repeated, each with its own keys:
    // paths are as in the schema, "check.http", and messages say "check[1].http".
    const std::vector<Fields>& elements() const { return elements_; }
    // A path as messages say it.
    std::string label(std::string_view path) const;
    // Where such a table begins.
    Position table_position() const { return at_; }
    Report& report() const { return report_; }

private:
    struct Slot {
        const Value* value = nullptr;  // Null: not written.
        bool good = false;
    };

    // One table of the repeated section.
    Fields(const Table& table, Position at, std::size_t index, const Fields& whole);

    void check_elements(const Entry& entry, const std::string& path);
    void check_table(const Table& table, const std::string& prefix);
    void check_entry(const Entry& entry, const std::string& path);
    void report_unknown(const Entry& entry, const std::string& path) const;
    std::size_t choice(std::string_view path, const Value& value) const;
    const Slot& slot(std::string_view path) const;

    const Schema& schema_;
    Report& report_;
    std::vector<Slot> slots_;  // As the keys of the schema.
    std::vector<Fields> elements_;
    std::string element_;  // "check[1]", for one of these.
    Position at_;          // Likewise.
};

// "exec[2]"
std::string element(std::string_view path, std::size_t index);

}  // namespace superd::config
