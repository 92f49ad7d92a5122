// What a service is, who it runs as, and in which surroundings.
#include "ctl/import/systemd.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace superctl::importing {

namespace {

void note(Draft& draft, const Assignment& assignment, Weight weight, const std::string& text,
          std::string_view section = "") {
    draft.note(assignment.place, weight, quoted_assignment(assignment) + ": " + text, section);
}

void set_type(const SystemdUnit& unit, Draft& draft) {
    const auto* const type = unit.last("Service", "Type");
    const auto* const access = unit.last("Service", "NotifyAccess");
    const auto* const pid_file = unit.last("Service", "PIDFile");
    const auto* const bus_name = unit.last("Service", "BusName");
    const auto* const remains = unit.last("Service", "RemainAfterExit");
    unit.last("Service", "GuessMainPID");
    const std::string word =
        type == nullptr ? (bus_name != nullptr ? "dbus" : "simple") : type->value;
    if (word == "oneshot") {
        draft.set("type", toml_string("oneshot"));
    } else if (word == "notify" || word == "notify-reload") {
        const bool tree = access != nullptr && (access->value == "all" || access->value == "exec");
        draft.set("ready.notify", tree ? toml_string("tree") : "true");
    } else if (word == "forking") {
        note(draft, *type, Weight::lost,
             "superd runs programs in the foreground and takes one that forks and exits for "
             "ended; add the program's option for that to exec" +
                 (pid_file == nullptr ? std::string{} : ", " + pid_file->value + " is not read"));
    } else if (word == "dbus") {
        const Assignment& where = type != nullptr ? *type : *bus_name;
        note(draft, where, Weight::lost,
             "superd does not look at the bus: it is ready as soon as it runs, unless [ready] says "
             "more",
             "ready");
    } else if (word == "idle") {
        note(draft, *type, Weight::remark, "it does not wait for others to have started");
    } else if (word != "simple" && word != "exec") {
        note(draft, *type, Weight::lost, "there is no such type");
    }
    const bool stays = remains != nullptr && parse_truth(remains->value).value_or(false);
    if (stays && word != "oneshot") {
        note(draft, *remains, Weight::lost, "when it has ended it is inactive, not up");
    }
}

bool is_account(std::string_view name) {
    // The last one means none: chown(2).
    constexpr std::int64_t numbers_end = 0xffff'ffff;
    if (const auto number = parse_number(name)) return *number >= 0 && *number < numbers_end;
    return !name.empty() && !name.contains('%') && !name.contains(' ') && !name.contains('$');
}

void set_account(const SystemdUnit& unit, Draft& draft, std::string_view key,
                 std::string_view path) {
    const auto* const found = unit.last("Service", key);
    if (found == nullptr) return;
    std::string problem;
    const auto name = replace_specifiers(found->value, parse_systemd_name(unit.name()), problem);
    if (!is_account(name) || !problem.empty()) {
        return note(draft, *found, Weight::lost, "expected the name of an account");
    }
    const auto number = parse_number(name);
    draft.set(path, number ? std::to_string(*number) : toml_string(name));
}

void set_directory(const SystemdUnit& unit, Draft& draft) {
    const auto* const found = unit.last("Service", "WorkingDirectory");
    if (found == nullptr) return;
    std::string problem, path = found->value;
    const bool may_be_missing = path.starts_with('-');
    if (may_be_missing) path.erase(0, 1);
    path = replace_specifiers(path, parse_systemd_name(unit.name()), problem);
    if (!path.starts_with('/') || !problem.empty()) {
        return note(draft, *found, Weight::lost, "expected an absolute path");
    }
    if (may_be_missing) {
        note(draft, *found, Weight::remark, "a directory that is missing is a failed start");
    }
    draft.set("directory", toml_literal(path));
}

// What files set wins over Environment=, but here env over env-file: "${NAME:-VALUE}" is what a
// file says or, if none does, the value. Nothing where it would be something else.
std::optional<std::string> unless_in_file(std::string_view name, std::string_view value,
                                          const Draft& draft) {
    // superd knows these before it reads files.
    constexpr std::array<std::string_view, 7> known{"UNIT", "INSTANCE", "PATH", "HOME",
                                                    "USER", "LOGNAME",  "SHELL"};
    const auto* const passed = draft.find("pass-env");
    const bool is_passed =
        passed != nullptr &&
        std::ranges::find(passed->items, toml_string(name)) != passed->items.end();
    const bool is_text = !value.contains('}') && !value.contains("${");
    if (is_passed || !is_text || std::ranges::find(known, name) != known.end()) return {};
    return "${" + std::string{name} + ":-" + std::string{value} + "}";
}

void set_variable(const SystemdUnit& unit, Draft& draft, const Assignment& from,
                  std::string_view text) {
    const auto name = text.substr(0, text.find('='));
    if (name.size() == text.size() || !is_variable(name)) {
        return note(draft, from, Weight::lost, "expected NAME=VALUE", "env");
    }
    const auto value = text.substr(name.size() + 1);
    draft.set_variable(name, toml_literal(value));
    if (unit.all("Service", "EnvironmentFile").empty()) return;
    if (const auto reference = unless_in_file(name, value, draft)) {
        draft.set_variable(name, toml_string(*reference));
    } else {
        note(draft, from, Weight::lost,
             std::string{name} + " wins over what EnvironmentFile= says of it", "env");
    }
}

void set_environment(const SystemdUnit& unit, Draft& draft) {
    const auto name = parse_systemd_name(unit.name());
    for (const auto* const each : unit.all("Service", "PassEnvironment")) {
        for (const auto word : words_of(each->value)) {
            if (is_variable(word)) draft.append("pass-env", toml_string(word));
        }
    }
    for (const auto* const each : unit.all("Service", "Environment")) {
        std::string problem;
        for (const auto& word : split_quoted(each->value, problem)) {
            set_variable(unit, draft, *each, replace_specifiers(word, name, problem));
        }
        if (!problem.empty()) note(draft, *each, Weight::lost, problem, "env");
    }
    for (const auto* const each : unit.all("Service", "EnvironmentFile")) {
        std::string problem;
        auto path = replace_specifiers(each->value, name, problem);
        const std::size_t dash = path.starts_with('-') ? 1 : 0;
        const bool pattern = path.find_first_of("*?[") != path.npos;
        if (path.substr(dash, 1) != "/" || pattern || !problem.empty()) {
            note(draft, *each, Weight::lost, "expected an absolute path, and no pattern");
            continue;
        }
        draft.append("env-file", toml_string(path));
    }
}

void set_umask(const SystemdUnit& unit, Draft& draft) {
    const auto* const found = unit.last("Service", "UMask");
    if (found == nullptr) return;
    const auto mode = octal_mode(found->value);
    if (!mode) return note(draft, *found, Weight::lost, "expected octal digits up to 0777");
    draft.set("umask", toml_string(*mode));
}

// Directories that systemd makes for a service, and superd does not.
void note_directories(const SystemdUnit& unit, Draft& draft) {
    struct Kind {
        std::string_view key, mode, base;
    };
    constexpr std::array kinds{
        Kind{"RuntimeDirectory", "RuntimeDirectoryMode", "/run"},
        Kind{"StateDirectory", "StateDirectoryMode", "/var/lib"},
        Kind{"CacheDirectory", "CacheDirectoryMode", "/var/cache"},
        Kind{"LogsDirectory", "LogsDirectoryMode", "/var/log"},
        Kind{"ConfigurationDirectory", "ConfigurationDirectoryMode", "/etc"}};
    const auto* const user = unit.last("Service", "User");
    const auto* const group = unit.last("Service", "Group");
    for (const auto& kind : kinds) {
        const auto* const mode = unit.last("Service", kind.mode);
        const auto all = unit.all("Service", kind.key);
        for (const auto* const each : all) {
            std::string command =
                "install -d -m " + (mode == nullptr ? std::string{"0755"} : mode->value);
            if (user != nullptr) command += " -o " + user->value;
            if (group != nullptr) command += " -g " + group->value;
            for (const auto word : words_of(each->value)) {
                command += " " + std::string{kind.base} + "/" +
                           std::string{word.substr(0, word.find(':'))};
            }
            note(draft, *each, Weight::lost,
                 "superd makes no directories; before the first start, or in hooks.pre-start: " +
                     command,
                 "hooks");
        }
    }
}

void note_output(const SystemdUnit& unit, Draft& draft) {
    for (const auto* const key : {"StandardOutput", "StandardError"}) {
        const auto* const found = unit.last("Service", key);
        if (found == nullptr) continue;
        const auto& to = found->value;
        const bool kept = to == "journal" || to == "inherit" || to == "syslog" || to == "kmsg" ||
                          to == "journal+console" || to == "syslog+console";
        note(draft, *found, kept ? Weight::remark : Weight::lost,
             "superd keeps what it writes: superctl logs " + draft.name(), "log");
    }
}

void set_store(const SystemdUnit& unit, Draft& draft) {
    const auto* const found = unit.last("Service", "FileDescriptorStoreMax");
    if (found == nullptr) return;
    constexpr std::int64_t most = 128;
    const auto number = parse_number(found->value);
    if (!number || *number < 0) return note(draft, *found, Weight::lost, "expected a number");
    if (*number > most) note(draft, *found, Weight::lost, "superd keeps up to 128");
    draft.set("fd-store-max", std::to_string(std::min(*number, most)));
}

}  // namespace

std::string quoted_assignment(const Assignment& assignment) {
    constexpr std::size_t length_max = 60;
    const std::string_view value{assignment.value};
    std::string text = assignment.key + "=" + std::string{value.substr(0, length_max)};
    return value.size() > length_max ? text + "…" : text;
}

void translate_systemd_surroundings(const SystemdUnit& unit, Draft& draft) {
    set_account(unit, draft, "User", "user");
    set_account(unit, draft, "Group", "group");
    set_directory(unit, draft);
    set_umask(unit, draft);
    set_environment(unit, draft);
    set_store(unit, draft);
    note_directories(unit, draft);
    note_output(unit, draft);
}

bool translate_systemd_service(const SystemdUnit& unit, Draft& draft) {
    set_type(unit, draft);
    translate_systemd_surroundings(unit, draft);
    if (!translate_systemd_commands(unit, draft)) return false;
    translate_systemd_restart(unit, draft);
    translate_systemd_limits(unit, draft);
    return true;
}

}  // namespace superctl::importing
