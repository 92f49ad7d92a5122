#include "config/check.hpp"

#include "base/nearest.hpp"
#include "config/check_quantity.hpp"
#include "config/moments.hpp"
#include "config/read_hosted.hpp"
#include "config/read_listen.hpp"
#include "config/signals.hpp"

#include <algorithm>
#include <cctype>
#include <limits>

#include <fmt/format.h>

namespace superd::config {

namespace {

// "always, on-failure or never"
std::string alternatives(const std::vector<std::string_view>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

Cause check_choice(const Key& key, const Value& value) {
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("a string", value);
    const auto choices = choices_of(key);
    if (std::ranges::find(choices, *text) != choices.end()) return {};
    auto cause = "expected " + alternatives(choices);
    if (const auto meant = nearest(*text, choices)) {
        cause += fmt::format("; did you mean \"{}\"?", *meant);
    }
    return cause;
}

Cause check_instances(const Key& key, const Value& value) {
    const auto* text = value.as<std::string>();
    if (text == nullptr && value.as<std::int64_t>() == nullptr) {
        return expected("a number or \"cores\"", value);
    }
    if (text == nullptr) return check_integer(key, value);
    if (*text == "cores") return {};
    const bool number = !text->empty() && std::ranges::all_of(*text, [](unsigned char c) {
        return std::isdigit(c) != 0;
    });
    if (number) return fmt::format("a number stands without quotes; write {}", *text);
    return "expected a number or \"cores\"";
}

Cause check_mode(const Value& value) {
    if (const auto* integer = value.as<std::int64_t>()) {
        return fmt::format("expected a string of octal digits, not an integer; write \"{:04}\"",
                           std::abs(*integer % 10000));
    }
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("a string of octal digits", value);
    const bool octal = std::ranges::all_of(*text, [](char c) { return c >= '0' && c <= '7'; });
    const bool short_enough = text->size() == 3 || (text->size() == 4 && text->front() == '0');
    if (octal && short_enough) return {};
    return "expected octal digits such as \"0022\"";
}

Cause check_account(const Value& value) {
    if (const auto* integer = value.as<std::int64_t>()) {
        if (*integer >= 0 && *integer < std::numeric_limits<std::uint32_t>::max()) return {};
        return "no user or group has such a number";
    }
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("a name or a number", value);
    if (text->empty()) return "it is empty; leave it out for superd's own";
    return {};
}

Cause check_signal(const Value& value) {
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("a signal's name", value);
    if (!signal_number(*text)) return unknown_signal(*text);
    return {};
}

Cause check_surge(const Key& key, const Value& value) {
    if (value.as<bool>() != nullptr) return {};
    if (value.as<std::int64_t>() != nullptr) return check_integer(key, value);
    return expected("true, false or a number of processes", value);
}

Cause check_notify(const Value& value) {
    if (const auto* boolean = value.as<bool>()) {
        if (*boolean) return {};
        return "expected true or \"tree\"; leave it out for a unit that does not notify";
    }
    const auto* text = value.as<std::string>();
    if (text != nullptr && *text == "tree") return {};
    return "expected true or \"tree\"";
}

Cause check_start(const Value& value) {
    const auto* text = value.as<std::string>();
    if (value.as<bool>() != nullptr || (text != nullptr && *text == "on-demand")) return {};
    if (text == nullptr) return expected("true, false or \"on-demand\"", value);
    return "expected true, false or \"on-demand\"";
}

Cause check_exit(const Value& value) {
    if (const auto* integer = value.as<std::int64_t>()) {
        if (*integer >= 0 && *integer <= 255) return {};
        return "an exit code is a number from 0 to 255";
    }
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("an exit code or a signal's name", value);
    if (!signal_number(*text)) return unknown_signal(*text);
    return {};
}

Cause check_step(const Value& value) {
    const auto* pair = value.as<Array>();
    const Value* name = &value;
    if (pair != nullptr) {
        if (pair->size() != 2)
            return "expected a signal and how long to wait: [\"SIGTERM\", \"10s\"]";
        name = pair->data();
        static constexpr Key patience{.path = "",
                                      .form = Form::duration,
                                      .text = "",
                                      .fallback = "",
                                      .example = "",
                                      .minimum = 0.01,
                                      .maximum = 86'400};
        if (auto cause = check_duration(patience, (*pair)[1])) return cause;
    }
    return check_signal(*name);
}

Cause check_string(const Value& value) {
    const auto* text = value.as<std::string>();
    if (text == nullptr) return expected("a string", value);
    // The kernel's strings end at a NUL, and TOML can write one.
    if (text->contains('\0')) return "it has a NUL character in it";
    return {};
}

Cause check_order(const Value& value) {
    const auto* table = value.as<Table>();
    if (table == nullptr) {
        if (value.as<std::string>() != nullptr) return check_string(value);
        return expected("a unit's name or { unit = \"…\", when = \"…\" }", value);
    }
    static constexpr Key when{.path = "",
                              .form = Form::choice,
                              .text = "",
                              .fallback = "",
                              .example = "",
                              .choices = "started|ready|completed"};
    bool named = false;
    for (const auto& entry : table->entries) {
        if (entry.key == "when") {
            if (auto cause = check_choice(when, entry.value)) return "when: " + *cause;
        } else if (entry.key == "unit") {
            if (auto cause = check_string(entry.value)) return "unit: " + *cause;
            named = true;
        } else {
            return fmt::format("unknown key {}; expected unit and when", quoted(entry.key));
        }
    }
    if (!named) return "unit is missing; write { unit = \"migrate\", when = \"completed\" }";
    return {};
}

// How to write the value as an array, when that is all that is missing.
std::string as_array_hint(const Key& key, const Value& value) {
    const auto* text = value.as<std::string>();
    if (text == nullptr || text->size() > 200) return {};
    std::string words;
    for (std::string_view rest = *text; !rest.empty();) {
        const auto end =
            key.form == Form::argv ? std::min(rest.find(' '), rest.size()) : rest.size();
        if (end > 0)
            words += fmt::format("{}{}", words.empty() ? "" : ", ", quoted(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return words.empty() ? "" : fmt::format("; write [{}]", words);
}

template <class Check>
bool check_array(const Key& key, const Value& value, std::string_view of, const Refuse& refuse,
                 const Check& check) {
    const auto* array = value.as<Array>();
    if (array == nullptr) {
        refuse("", value,
               fmt::format("expected an array of {}, not {}{}", of, type_name(value),
                           as_array_hint(key, value)));
        return false;
    }
    bool good = true;
    for (std::size_t i = 0; i < array->size(); ++i) {
        if (const auto cause = check((*array)[i])) {
            refuse(fmt::format("[{}]", i), (*array)[i], *cause);
            good = false;
        }
    }
    return good;
}

bool check_argv(const Key& key, const Value& value, const Refuse& refuse) {
    if (!check_array(key, value, "strings", refuse, check_string)) return false;
    const auto& array = *value.as<Array>();
    if (!array.empty() && !array.front().as<std::string>()->empty()) return true;
    refuse("", value, "the program is missing; write [\"/path/to/program\", \"argument\"]");
    return false;
}

bool check_environment(const Value& value, const Refuse& refuse) {
    const auto* table = value.as<Table>();
    if (table == nullptr) {
        refuse("", value,
               fmt::format("expected a table of strings, not {}; write {{ NAME = \"value\" }}",
                           type_name(value)));
        return false;
    }
    bool good = true;
    for (const auto& [name, at, text] : table->entries) {
        Cause cause = check_string(text);
        if (cause && text.as<std::string>() == nullptr) {
            *cause += fmt::format("; put it in quotes: {} = \"…\"", name);
        }
        if (!is_variable_name(name)) {
            cause = "a variable's name has letters, digits and _ only, and no digit first";
        }
        if (!cause) continue;
        refuse("." + shown_key(name), Value{is_variable_name(name) ? text.at : at, {}}, *cause);
        good = false;
    }
    return good;
}

bool check_steps(const Key& key, const Value& value, const Refuse& refuse) {
    constexpr std::size_t steps_max = 16;
    if (!check_array(key, value, "signals", refuse, check_step)) return false;
    const auto size = value.as<Array>()->size();
    if (size > 0 && size <= steps_max) return true;
    refuse("", value,
           size == 0 ? "expected at least one signal; leave it out for SIGTERM, then SIGKILL"
                     : "more than 16 signals");
    return false;
}

bool check_exits(const Key& key, const Value& value, const Refuse& refuse) {
    if (!check_array(key, value, "exit codes and signals' names", refuse, check_exit)) return false;
    if (key.path != "restart.success-codes" || !value.as<Array>()->empty()) return true;
    refuse("", value, "it is empty, so nothing could ever succeed; leave it out for [0]");
    return false;
}

bool told(const Cause& cause, const Value& value, const Refuse& refuse) {
    if (!cause) return true;
    refuse("", value, *cause);
    return false;
}

}  // namespace

bool check_value(const Key& key, const Value& value, const Refuse& refuse) {
    switch (key.form) {
        case Form::text: return told(check_string(value), value, refuse);
        case Form::choice: return told(check_choice(key, value), value, refuse);
        case Form::boolean:
            return told(value.as<bool>() ? Cause{} : expected("true or false", value), value,
                        refuse);
        case Form::integer: return told(check_integer(key, value), value, refuse);
        case Form::instances: return told(check_instances(key, value), value, refuse);
        case Form::number: return told(check_number(key, value), value, refuse);
        case Form::duration: return told(check_duration(key, value), value, refuse);
        case Form::size: return told(check_size(key, value), value, refuse);
        case Form::size_limit: return told(check_size_limit(key, value), value, refuse);
        case Form::count_limit: return told(check_count_limit(key, value), value, refuse);
        case Form::quota: return told(check_quota(key, value), value, refuse);
        case Form::rate: return told(check_rate(key, value), value, refuse);
        case Form::mode: return told(check_mode(value), value, refuse);
        case Form::account: return told(check_account(value), value, refuse);
        case Form::notify: return told(check_notify(value), value, refuse);
        case Form::surge: return told(check_surge(key, value), value, refuse);
        case Form::signal: return told(check_signal(value), value, refuse);
        case Form::texts: return check_array(key, value, "strings", refuse, check_string);
        case Form::argv: return check_argv(key, value, refuse);
        case Form::environment: return check_environment(value, refuse);
        case Form::listeners: return check_listeners(value, refuse);
        case Form::start: return told(check_start(value), value, refuse);
        case Form::workers: return check_workers(key, value, refuse);
        case Form::cpus: return check_cpus(value, refuse);
        case Form::table: return check_any_table(value, refuse);
        case Form::exits: return check_exits(key, value, refuse);
        case Form::moments: return check_moments(value, refuse);
        case Form::steps: return check_steps(key, value, refuse);
        case Form::order: return check_array(key, value, "units' names", refuse, check_order);
    }
    return false;
}

bool is_variable_name(std::string_view name) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !letter(name.front())) return false;
    return std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace superd::config
