// What a service of compose runs, in which surroundings, and after whom.
#include "ctl/import/compose.hpp"
#include "ctl/import/compose_node.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <array>

namespace superctl::importing {

namespace {

struct Reason {
    std::string_view key, text;
    Weight weight = Weight::lost;
};
constexpr std::string_view no_container = "superd runs programs of this machine, in no container";
constexpr std::array reasons{
    Reason{"image", "superd runs programs of this machine: install what the image has"},
    Reason{"build", "superd builds nothing: install what the image would have"},
    Reason{"ports", "nothing is mapped: the program listens itself, or [listen] does for it"},
    Reason{"expose", "nothing is mapped: the program listens itself", Weight::remark},
    Reason{"volumes", "the program sees the machine's own files at their own paths"},
    Reason{"networks", "the program is in the machine's own network", Weight::lost},
    Reason{"logging", "superd keeps what it writes; see [log]"},
    Reason{"labels", "superd has none", Weight::remark},
    Reason{"container_name", "it is called by the service's name", Weight::remark},
    Reason{"hostname", no_container},
    Reason{"init", "superd reaps what is left behind anyway", Weight::remark},
    Reason{"tty", "a unit has no terminal"},
    Reason{"stdin_open", "a unit has no terminal"},
    Reason{"pull_policy", no_container, Weight::remark},
    Reason{"platform", no_container, Weight::remark},
    Reason{"extends", "write what it extends into this file"},
    Reason{"mem_swappiness", "superd leaves it to the machine: vm.swappiness"},
    Reason{"cpuset", "superd binds only its own workers to processors; taskset(1) does it"},
    Reason{"cpu_count", "it is for containers of Windows; see cpus"},
    Reason{"cpu_percent", "it is for containers of Windows; see cpus"}};

}  // namespace

YAML::Node ComposeService::get(std::string_view key) const { return member(node_, key); }

void ComposeService::note(const YAML::Node& node, Weight weight, const std::string& text,
                          std::string_view section) {
    draft_.note(place_of(file_, node.Mark()), weight, text, section);
}

bool ComposeService::translate() {
    if (!command()) return false;
    environment();
    environment_files();
    account();
    dependencies();
    restart();
    stop();
    healthcheck();
    instances();
    profiles();
    dot_env();
    translate_compose_limits(file_, node_, draft_);
    left_over();
    draft_.note({file_.path, 0}, Weight::remark,
                "it runs on this machine itself: its files, users and network");
    return true;
}

std::string ComposeService::absolute(std::string_view path) const {
    if (path.starts_with('/')) return std::string{path};
    while (path.starts_with("./")) path.remove_prefix(2);
    return file_.directory + "/" + std::string{path};
}

bool ComposeService::command() {
    // null says no more than no key at all: the image's own.
    const auto entry = get("entrypoint"), command = get("command");
    const bool has_entry = entry.IsDefined() && !entry.IsNull();
    auto all = has_entry ? words(entry) : std::vector<std::string>{};
    const YAML::Node where = all.empty() ? command : entry;
    if (command.IsDefined()) std::ranges::copy(words(command), std::back_inserter(all));
    // "--character-set-server=utf8mb4": arguments for the image's own program.
    if (all.empty() || all.front().empty() || all.front().starts_with('-')) return false;
    directory();
    program_path(all.front(), where);
    for (auto& word : all) word = toml_string(word);
    if (!has_entry) {
        note(command, Weight::remark,
             "an entrypoint that the image has goes before it, and is not in this file");
    }
    draft_.set_all("exec", std::move(all));
    return true;
}

void ComposeService::directory() {
    const auto node = get("working_dir");
    if (scalar(node).empty()) return;
    const auto path = resolved(scalar(node), node);
    if (!path.starts_with('/') && !path.starts_with("${")) {
        return note(node, Weight::lost, "working_dir: expected an absolute path");
    }
    draft_.set("directory", toml_string(path));
    if (path.starts_with('/')) return;
    note(node, Weight::remark, "working_dir: it is in a variable, and has to be absolute");
}

void ComposeService::program_path(std::string& path, const YAML::Node& where) {
    if (path.starts_with('$')) {
        note(where, Weight::remark, "the program's path is in a variable, and has to be absolute");
    }
    if (!is_relative_path(path)) return;
    while (path.starts_with("./")) path.erase(0, 2);
    const auto node = get("working_dir");
    const auto base = resolved(scalar(node), node);
    path.insert(0, base.starts_with('/') || base.starts_with("${") ? base + "/" : "/");
}

void ComposeService::variable(std::string_view text, const YAML::Node& where) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    if (!is_variable(name)) {
        return note(where, Weight::lost, "environment: " + std::string{name} + " is no variable",
                    "env");
    }
    if (equals == text.npos) {
        draft_.append("pass-env", toml_string(name));
        asks_environment_ = true;
    } else {
        draft_.set_variable(name, toml_string(resolved(text.substr(equals + 1), where)));
    }
}

void ComposeService::environment() {
    const auto all = get("environment");
    if (!all.IsDefined()) return;
    if (all.IsSequence()) {
        for (const auto& each : all) variable(scalar(each), each);
    } else if (all.IsMap()) {
        for (const auto& [name, text] : members(all)) {
            variable(scalar(name) + (text.IsNull() ? "" : "=" + scalar(text)), name);
        }
    }
}

void ComposeService::environment_file(const YAML::Node& node) {
    const auto path = node.IsMap() ? scalar(member(node, "path")) : scalar(node);
    const auto required = member(node, "required");
    const bool optional = required.IsDefined() && !is_true(required);
    if (path.empty() || path.contains('$')) {
        return note(node, Weight::lost, "env_file: expected a path");
    }
    draft_.append("env-file", toml_string((optional ? "-" : "") + absolute(path)));
}

void ComposeService::environment_files() {
    const auto all = get("env_file");
    if (!all.IsDefined()) return;
    if (!all.IsSequence()) return environment_file(all);
    for (const auto& each : all) environment_file(each);
}

// compose reads it for what the file refers to; superd knows no file that is read for that alone.
void ComposeService::dot_env() {
    if (!asks_environment_) return;
    std::vector<std::string> files{toml_string("-" + file_.directory + "/.env")};
    if (const auto* const others = draft_.find("env-file")) {
        // One that is asked for as an env_file, too, has to be there.
        if (others->items.front() == toml_string(file_.directory + "/.env")) files.clear();
        std::ranges::copy(others->items, std::back_inserter(files));
    }
    draft_.set_all("env-file", std::move(files));
    draft_.note({file_.path, 0}, Weight::remark,
                ".env: its variables win over those of superd's own environment, which compose "
                "asks first, and all of them are in the unit's environment");
}

void ComposeService::account() {
    const auto node = get("user");
    const auto text = scalar(node);
    if (text.empty()) return;
    if (text.contains('$')) {
        return note(node, Weight::lost, "user: superd takes no variables there");
    }
    const auto parts = parts_of(text, ':');
    constexpr std::array<std::string_view, 2> paths{"user", "group"};
    for (std::size_t i = 0; i < paths.size() && i < parts.size(); ++i) {
        if (parts[i].empty()) continue;
        const auto number = parse_number(parts[i]);
        draft_.set(paths[i], number ? std::to_string(*number) : toml_string(parts[i]));
    }
}

void ComposeService::dependency(const std::string& name, const YAML::Node& how,
                                const YAML::Node& where) {
    if (name.empty()) return note(where, Weight::lost, "depends_on: expected a name", "depends");
    const auto unit = toml_string(unit_name(name));
    const auto required = member(how, "required");
    if (required.IsDefined() && !is_true(required)) {
        draft_.append("depends.wants", unit);
        draft_.append("depends.after", unit);
    } else {
        draft_.append("depends.needs", unit);
    }
    const auto condition = scalar(member(how, "condition"));
    const bool known = condition.empty() || condition == "service_started" ||
                       condition == "service_healthy" ||
                       condition == "service_completed_successfully";
    if (!known)
        note(where, Weight::lost, "depends_on: there is no condition " + condition, "depends");
    if (is_true(member(how, "restart"))) {
        note(where, Weight::lost,
             "depends_on: superd does not restart it because " + name + " is restarted", "depends");
    }
}

void ComposeService::dependencies() {
    const auto all = get("depends_on");
    if (!all.IsDefined()) return;
    if (all.IsSequence()) {
        const YAML::Node nothing{YAML::NodeType::Undefined};
        for (const auto& each : all) dependency(scalar(each), nothing, each);
    } else if (all.IsMap()) {
        for (const auto& [name, how] : members(all)) dependency(scalar(name), how, name);
    }
}

bool has_profiles(const YAML::Node& service) {
    const auto all = member(service, "profiles");
    return all.IsDefined() && all.IsSequence() && all.size() > 0;
}

void ComposeService::profiles() {
    if (!has_profiles(node_)) return;
    draft_.set("autostart", "false");
    note(get("profiles"), Weight::remark,
         "profiles: it is not started by itself, but when something needs it, or by `superctl "
         "start " +
             draft_.name() + "`");
}

void ComposeService::left_over() {
    constexpr std::array<std::string_view, 15> done{
        "command",     "entrypoint", "environment", "env_file",    "user",
        "working_dir", "depends_on", "restart",     "stop_signal", "stop_grace_period",
        "healthcheck", "deploy",     "scale",       "annotations", "profiles"};
    for (const auto& [key, value] : members(node_)) {
        const auto name = scalar(key);
        if (name.starts_with("x-") || is_compose_limit(name)) continue;
        if (std::ranges::find(done, name) != done.end()) continue;
        const auto* const reason = std::ranges::find(reasons, name, &Reason::key);
        const bool known = reason != reasons.end();
        note(key, known ? reason->weight : Weight::lost,
             name + ": " + std::string{known ? reason->text : no_container});
    }
}

}  // namespace superctl::importing
