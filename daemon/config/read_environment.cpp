#include "config/check.hpp"
#include "config/env_file.hpp"
#include "config/read_unit.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace superd::config {

namespace {

// What a run's environment says of the run itself.
bool is_reserved(std::string_view name) {
    constexpr std::array<std::string_view, 12> names{
        "SUPERD_SERVICE", "SUPERD_INSTANCE", "SUPERD_RUN",      "SUPERD_HOOK",
        "NOTIFY_SOCKET",  "WATCHDOG_USEC",   "WATCHDOG_PID",    "LISTEN_FDS",
        "LISTEN_FDNAMES", "LISTEN_PID",      "SUPERD_SETTINGS", "SUPERD_PAGE"};
    return std::ranges::find(names, name) != names.end();
}

constexpr std::string_view reserved_cause = "superd sets this variable itself, for each run";

// A name, or a number written either way.
std::string account_name(const Value& value) {
    const auto* number = value.as<std::int64_t>();
    return number != nullptr ? std::to_string(*number) : *value.as<std::string>();
}

void read_user(const Fields& fields, Accounts& accounts, Launch& launch, Environment& into) {
    if (const auto* value = fields.value("user")) {
        const auto user = accounts.user(account_name(*value));
        if (!user) {
            return fields.refuse("user", *value,
                                 user.error() + "; leave user out for superd's own");
        }
        launch.user = user->name;
        launch.uid = user->uid;
        launch.gid = user->gid;
        launch.groups = user->groups;
        into.set("HOME", user->home);
        into.set("USER", user->name);
        into.set("LOGNAME", user->name);
        into.set("SHELL", user->shell);
    }
    if (const auto* value = fields.value("group")) {
        const auto group = accounts.group(account_name(*value));
        if (!group) return fields.refuse("group", *value, group.error());
        launch.gid = *group;
    }
}

void read_passed(const Fields& fields, const Surroundings& surroundings, Environment& into) {
    const auto* value = fields.value("pass-env");
    if (value == nullptr) return;
    const auto& array = *value->as<Array>();
    for (std::size_t i = 0; i < array.size(); ++i) {
        const auto& name = *array[i].as<std::string>();
        if (!is_variable_name(name)) {
            fields.refuse(element("pass-env", i), array[i], "this is no variable's name");
        } else if (is_reserved(name)) {
            fields.refuse(element("pass-env", i), array[i], reserved_cause);
        } else if (const char* text = surroundings.variable(name)) {
            into.set(name, text);
        }
    }
}

void read_file(const Fields& fields, const std::string& path, const std::string& text,
               Environment& into) {
    auto file = parse_env_file(text);
    Report report{path, fields.report().all()};
    for (auto& mistake : file.mistakes) report.add(mistake.at, std::move(mistake.cause));
    for (auto& [name, value] : file.variables) {
        if (is_reserved(name)) {
            report.add({}, fmt::format("cannot use {}: {}", name, reserved_cause));
        } else if (value.contains('\0')) {
            report.add({}, fmt::format("cannot use {}: it has a NUL character in it", name));
        } else {
            into.set(std::move(name), std::move(value));
        }
    }
}

void read_files(const Fields& fields, const Surroundings& surroundings, Environment& into) {
    const auto* value = fields.value("env-file");
    if (value == nullptr) return;
    const auto& array = *value->as<Array>();
    for (std::size_t i = 0; i < array.size(); ++i) {
        std::string_view path = *array[i].as<std::string>();
        const bool optional = is_optional(path);
        if (!path.starts_with('/')) {
            fields.refuse(element("env-file", i), array[i], "expected an absolute path");
        } else if (const auto* text = surroundings.env_file(std::string{path})) {
            read_file(fields, std::string{path}, *text, into);
        } else if (!optional) {
            fields.refuse(element("env-file", i), array[i],
                          fmt::format("there is no such file; write {} if it may be missing",
                                      quoted("-" + std::string{path})));
        }
    }
}

void read_own(const Fields& fields, Environment& into) {
    const auto* value = fields.value("env");
    if (value == nullptr) return;
    const auto& table = *value->as<Table>();
    for (const auto& [name, at, text] : table.entries) {
        if (is_reserved(name)) {
            fields.refuse("env." + name, text, reserved_cause);
        } else {
            into.define(name, *text.as<std::string>());
        }
    }
    for (const auto& [name, cause] : into.resolve()) {
        const auto* entry = table.find(name);
        fields.refuse("env." + name, entry->value, cause);
    }
}

}  // namespace

bool is_optional(std::string_view& env_file) {
    if (!env_file.starts_with('-')) return false;
    env_file.remove_prefix(1);
    return true;
}

Environment read_environment(const Fields& fields, Surroundings& surroundings,
                             const Variables& fixed, Launch& launch) {
    Environment environment{fixed, surroundings.variables};
    read_user(fields, surroundings.accounts, launch, environment);
    read_passed(fields, surroundings, environment);
    read_files(fields, surroundings, environment);
    read_own(fields, environment);
    return environment;
}

}  // namespace superd::config
