// Every key of a unit and of superd.toml: the one table that checking, the
// manual pages, the JSON Schema and the difference of two configurations use.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

// What form a key's value has.
enum class Form {
    text,    // Any string.
    choice,  // One of `choices`.
    boolean,
    integer,      // From `minimum` to `maximum`.
    instances,    // Likewise, or "cores".
    number,       // Likewise, with a fraction.
    duration,     // From `minimum` to `maximum` seconds.
    size,         // From `minimum` bytes.
    size_limit,   // Likewise, or "unlimited".
    count_limit,  // As integer, or "unlimited".
    quota,        // From `minimum` to `maximum` processors: a number, or "150%".
    rate,         // "10 in 1min"; up to `maximum` times.
    mode,         // "0022"
    account,      // A name or a number.
    texts,        // An array of strings.
    argv,         // An array of strings, the first of them not empty.
    environment,  // A table of strings.
    exits,        // An array of exit codes and signals' names.
    steps,        // [stop] signals.
    order,        // [depends] after.
    notify,       // true or "tree".
    signal,       // A signal's name.
    listeners,    // [listen].
    surge,        // true, false, or an integer from `minimum` to `maximum`.
    moments,      // "daily 03:00", or an array of such.
    start,        // true, false or "on-demand".
    workers,      // As instances, or a table.
    cpus,         // "each" or an array of numbers.
    table,        // Any.
};

// When a change of a key takes effect.
enum class Applies {
    live,      // At once: superctl reload.
    restart,   // When the unit is restarted: superctl apply.
    at_start,  // superd.toml: when superd is started again.
};

// One key. Texts are sentences without their full stop; `-` and quotes are plain.
struct Key {
    std::string_view path;  // "restart.max-delay"
    Form form;
    std::string_view text;      // What it does.
    std::string_view fallback;  // Its default, as TOML that is JSON too; empty: none.
    std::string_view example;   // As TOML.
    Applies applies = Applies::live;
    double minimum = 0, maximum = 0;
    std::string_view choices = {};  // "always|on-failure|never"
    std::string_view instead = {};  // What to write where others have "infinity".
    bool required = false;
    bool expands = false;  // Whether ${NAME} in its strings is replaced.

    std::string_view section() const;  // "restart"; empty for the keys at the top.
    std::string_view name() const;     // "max-delay"
};

// One kind of file.
struct Schema {
    std::string_view title;          // "superd.unit"
    std::string_view manual;         // "superd.unit(5)"
    std::span<const Key> keys;       // Section by section.
    std::string_view repeated = {};  // The section that may be there several times: [[check]].

    // The index of a key; nothing if there is none of that path.
    std::optional<std::size_t> index(std::string_view path) const;
    const Key* find(std::string_view path) const;
    bool is_section(std::string_view path) const;
    std::vector<std::string_view> sections() const;       // In order; the first is "" if any is.
    std::string heading(std::string_view section) const;  // "[ready]", "[[check]]"
};

const Schema& unit_schema();
const Schema& settings_schema();

// Whether a key of [ready] says when a run is ready; a unit has one of them at most.
bool is_way_to_be_ready(const Key& key);

// The words of `choices`.
std::vector<std::string_view> choices_of(const Key& key);

}  // namespace superd::config
