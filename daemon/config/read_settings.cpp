#include "config/read_settings.hpp"

#include "config/read_unit.hpp"
#include "config/unit_files.hpp"

namespace superd::config {

namespace {

void read_readers(const Fields& fields, Accounts& accounts, Settings& settings) {
    const auto* value = fields.value("control.readers");
    if (value == nullptr) return;
    const auto& array = *value->as<Array>();
    for (std::size_t i = 0; i < array.size(); ++i) {
        const auto& name = *array[i].as<std::string>();
        std::string cause;
        if (name.empty() || name == "@") {
            cause = "expected a user, a group with an @ before it, or \"*\"";
        } else if (name.starts_with('@')) {
            if (const auto group = accounts.group(name.substr(1)); !group) cause = group.error();
        } else if (name != "*") {
            if (const auto user = accounts.user(name); !user) cause = user.error();
        }
        if (cause.empty()) {
            settings.readers.push_back(name);
        } else {
            fields.refuse(element("control.readers", i), array[i], cause);
        }
    }
}

void read_variables(const Fields& fields, Settings& settings) {
    const auto* value = fields.value("variables");
    if (value == nullptr) return;
    const auto& table = *value->as<Table>();
    const Variables none;
    Environment variables{none, none};
    for (const auto& [name, at, text] : table.entries) {
        if (name == "UNIT" || name == "INSTANCE") {
            fields.refuse("variables." + name, text, "superd sets this variable itself");
        } else {
            variables.define(name, *text.as<std::string>());
        }
    }
    for (const auto& [name, cause] : variables.resolve()) {
        fields.refuse("variables." + name, table.find(name)->value, cause);
    }
    settings.variables = variables.values();
}

void read_bus(const Fields& fields, Settings& settings) {
    fields.read("bus.address", settings.bus);
    for (const auto* const word : {"auto", "off", "system", "session"}) {
        if (settings.bus == word) return;
    }
    if (settings.bus.starts_with("unix:")) return;
    fields.refuse("bus.address", *fields.value("bus.address"),
                  "expected auto, off, system, session or an address like unix:path=/run/bus");
}

// Which profiles they are was found out when the files were read: before anything else.
void check_profiles(const Fields& fields, Report& report) {
    const auto* value = fields.value("profiles");
    if (value == nullptr) return;
    if (!profile_of(report.files()[value->at.file]).empty()) {
        fields.refuse("profiles", *value,
                      "only superd.toml itself and superd --profile choose profiles");
    }
}

}  // namespace

Settings read_settings(const Table& root, Accounts& accounts, Report& report) {
    Settings settings;
    const Fields fields{root, settings_schema(), report};
    fields.read("supervisor.heartbeat", settings.heartbeat);
    fields.read("supervisor.shutdown-timeout", settings.shutdown_timeout);
    fields.read("supervisor.cgroup", settings.cgroup);
    if (settings.cgroup != "auto" && settings.cgroup != "off" &&
        !settings.cgroup.starts_with('/')) {
        fields.refuse("supervisor.cgroup", *fields.value("supervisor.cgroup"),
                      "expected auto, off or an absolute path");
    }
    read_bus(fields, settings);
    check_profiles(fields, report);
    read_variables(fields, settings);
    read_readers(fields, accounts, settings);
    read_log(fields, settings.log);
    return settings;
}

}  // namespace superd::config
