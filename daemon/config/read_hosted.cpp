#include "config/read_hosted.hpp"

#include "config/instance_text.hpp"
#include "config/schema_hosted.hpp"
#include "config/value_json.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

constexpr int exit_config = 78;  // sysexits(3), EX_CONFIG: a worker that cannot use its [config].
constexpr std::uint32_t store_max = 64;

bool is_hosted(const Fields& fields) { return fields.given("module"); }

constexpr std::array scale_keys{
    Key{.path = "min",
        .form = Form::integer,
        .text = "",
        .fallback = "",
        .example = "",
        .minimum = 0,
        .maximum = core::UnitSpec::instances_max},
    Key{.path = "max",
        .form = Form::integer,
        .text = "",
        .fallback = "",
        .example = "",
        .minimum = 1,
        .maximum = core::UnitSpec::instances_max},
    Key{.path = "spare",
        .form = Form::integer,
        .text = "",
        .fallback = "",
        .example = "",
        .minimum = 0,
        .maximum = core::UnitSpec::instances_max},
    Key{.path = "idle-timeout",
        .form = Form::duration,
        .text = "",
        .fallback = "",
        .example = "",
        .minimum = 0.01,
        .maximum = 86'400},
};

std::uint32_t number_in(const Table& table, std::string_view key, std::uint32_t otherwise) {
    const auto* entry = table.find(key);
    if (entry == nullptr) return otherwise;
    return static_cast<std::uint32_t>(*entry->value.as<std::int64_t>());
}

void read_scale(const Fields& fields, const Value& value, const Table& table, Unit& unit) {
    core::ScaleRule rule;
    rule.min = number_in(table, "min", 1);
    rule.max = number_in(table, "max", 0);
    rule.spare = number_in(table, "spare", 0);
    if (const auto* entry = table.find("idle-timeout")) {
        rule.idle_timeout = *parse_duration(*entry->value.as<std::string>());
    }
    if (rule.max < std::max(rule.min, 1u)) {
        return fields.refuse("workers", value, "max is less than min");
    }
    if (rule.spare > rule.max) return fields.refuse("workers", value, "spare is more than max");
    unit.spec.instances = std::max(rule.min, 1u);
    if (rule.min == 0) {
        unit.spec.on_demand = true;
        unit.spec.idle_timeout = rule.idle_timeout;
    }
    unit.spec.scale = std::make_shared<const core::ScaleRule>(rule);
}

void refuse_others(const Fields& fields) {
    for (const Key& key : hosted_keys) {
        const auto* value = fields.value(key.path);
        if (value != nullptr) {
            fields.refuse(key.path, *value, "only a unit with module has it; a program has exec");
        }
    }
}

void read_module(const Fields& fields, Environment& environment, Hosted& hosted) {
    hosted.module = expanded(fields, "module", environment);
    const auto* value = fields.value("module");
    if (value == nullptr || hosted.module.empty()) return;
    const bool python = hosted.language == Language::python;
    const auto colon = hosted.module.find(':');
    if (python &&
        (colon == hosted.module.npos || colon == 0 || colon + 1 == hosted.module.size())) {
        fields.refuse("module", *value, "expected \"package.module:name\" for a Python module");
    } else if (!python && !fields.given("language") && colon != hosted.module.npos &&
               !hosted.module.contains('/')) {
        fields.refuse("module", *value, "this is Python's way; write language = \"python\" too");
    } else if (!python && hosted.module.contains('/') && !hosted.module.starts_with('/')) {
        fields.refuse("module", *value,
                      "expected an absolute path, or a name without a slash for ld.so to look up");
    }
}

void read_python(const Fields& fields, Environment& environment, Programs& programs,
                 Hosted& hosted) {
    const bool python = hosted.language == Language::python;
    for (const auto path : {"loop", "python"}) {
        const auto* value = fields.value(path);
        if (value != nullptr && !python) fields.refuse(path, *value, "only a Python module has it");
    }
    if (!python) return;
    fields.read("loop", hosted.loop);
    hosted.interpreter =
        fields.given("python") ? expanded(fields, "python", environment) : "python3";
    if (hosted.interpreter.empty()) return;
    if (!hosted.interpreter.contains('/')) {
        hosted.interpreter = programs.find(hosted.interpreter, environment.path());
    } else if (!hosted.interpreter.starts_with('/')) {
        fields.refuse("python", *fields.value("python"),
                      "expected an absolute path, or a name to look up in PATH");
    }
    if (hosted.loop != "asyncio" && hosted.model != Model::coroutines) {
        fields.refuse("loop", *fields.value("loop"), "only model = \"coroutines\" has a loop");
    }
}

void read_cpus(const Fields& fields, Hosted& hosted) {
    const auto* value = fields.value("cpus");
    if (value == nullptr) return;
    hosted.cpus_each = value->as<std::string>() != nullptr;
    if (hosted.cpus_each) return;
    for (const auto& each : *value->as<Array>()) {
        hosted.cpus.push_back(static_cast<std::uint16_t>(*each.as<std::int64_t>()));
    }
}

void read_config(const Fields& fields, Environment& environment, Hosted& hosted) {
    const auto* value = fields.value("config");
    if (value == nullptr) return;
    auto json = to_json(*value, [&](std::string_view text) { return environment.expand(text); });
    if (json) {
        hosted.config = std::move(*json);
        return;
    }
    const auto& failure = json.error();
    fields.refuse("config" + failure.path, *failure.value, failure.cause);
}

// What a worker needs and a program does not, where the file says nothing else.
void set_defaults(const Fields& fields, const Hosted& hosted, Unit& unit) {
    constexpr auto grace = std::chrono::seconds{2};
    constexpr auto last = std::chrono::seconds{5};
    if (!fields.given("restart.policy")) unit.spec.restart.policy = core::RestartPolicy::always;
    if (!fields.given("restart.never-on")) unit.spec.restart.never_on_codes = {exit_config};
    if (!fields.given("stop.signals")) {
        unit.spec.stop = {{SIGTERM, hosted.drain_timeout + grace}, {SIGKILL, last}};
    }
    if (!fields.given("fd-store-max")) unit.fd_store_max = store_max;
    if (unit.ready) return;
    unit.ready = std::make_unique<Ready>();
    unit.ready->kind = ReadyKind::notify;
    unit.spec.awaits_ready = true;
}

}  // namespace

bool check_workers(const Key& key, const Value& value, const Refuse& refuse) {
    const auto* table = value.as<Table>();
    if (table == nullptr) {
        static constexpr Key number{.path = "",
                                    .form = Form::instances,
                                    .text = "",
                                    .fallback = "",
                                    .example = "",
                                    .minimum = 1,
                                    .maximum = core::UnitSpec::instances_max};
        static_cast<void>(key);
        return check_value(number, value, refuse);
    }
    bool good = true;
    for (const auto& entry : table->entries) {
        const auto known = std::ranges::find(scale_keys, entry.key, &Key::path);
        const auto path = "." + shown_key(entry.key);
        if (known == scale_keys.end()) {
            refuse(path, Value{entry.at, Table{}},
                   "unknown key; expected min, max, spare or idle-timeout");
            good = false;
            continue;
        }
        const auto refuse_part = [&](std::string_view, const Value& part, std::string_view cause) {
            refuse(path, part, cause);
        };
        good = check_value(*known, entry.value, refuse_part) && good;
    }
    if (table->find("max") != nullptr) return good;
    refuse("", value, "max is missing; write { min = 1, max = 8 }");
    return false;
}

bool check_cpus(const Value& value, const Refuse& refuse) {
    constexpr std::int64_t cpu_max = 8191;
    constexpr std::string_view expected = "expected \"each\" or an array of processors' numbers";
    const auto* text = value.as<std::string>();
    if (text != nullptr && *text == "each") return true;
    const auto* array = value.as<Array>();
    if (array == nullptr || array->empty()) {
        refuse("", value, expected);
        return false;
    }
    bool good = true;
    for (std::size_t i = 0; i < array->size(); ++i) {
        const auto* number = (*array)[i].as<std::int64_t>();
        if (number != nullptr && *number >= 0 && *number <= cpu_max) continue;
        refuse(fmt::format("[{}]", i), (*array)[i],
               "expected a processor's number, from 0 to 8191");
        good = false;
    }
    return good;
}

bool check_any_table(const Value& value, const Refuse& refuse) {
    if (value.as<Table>() != nullptr) return true;
    refuse("", value, fmt::format("expected a table, not {}; write [config]", type_name(value)));
    return false;
}

void read_workers(const Fields& fields, std::uint32_t cores, Unit& unit) {
    if (!is_hosted(fields)) return;
    if (const auto* value = fields.value("instances")) {
        fields.refuse("instances", *value, "a module has workers; write workers in its place");
    }
    const auto* value = fields.value("workers");
    if (value == nullptr) return;
    if (const auto* table = value->as<Table>()) return read_scale(fields, *value, *table, unit);
    const auto* number = value->as<std::int64_t>();
    unit.by_cores = number == nullptr;
    unit.spec.instances = number != nullptr ? static_cast<std::uint32_t>(*number)
                                            : std::clamp(cores, 1u, core::UnitSpec::instances_max);
}

void read_hosted(const Fields& fields, Environment& environment, Programs& programs, Unit& unit) {
    if (!is_hosted(fields)) return refuse_others(fields);
    if (const auto* value = fields.value("exec")) {
        fields.refuse("exec", *value, "there is a module already; a unit has one of both");
    }
    if (unit.spec.type == core::UnitType::oneshot) {
        fields.refuse("type", *fields.value("type"), "what has a module is a service");
    }
    unit.hosted = std::make_unique<Hosted>();
    Hosted& hosted = *unit.hosted;
    fields.read("language", hosted.language);
    fields.read("model", hosted.model);
    fields.read("threads", hosted.threads);
    fields.read("preload", hosted.preload);
    fields.read("stall-warn", hosted.stall_warn);
    fields.read("stall-timeout", hosted.stall_timeout);
    fields.read("task-timeout", hosted.task_timeout);
    fields.read("on-stall", hosted.on_stall);
    fields.read("drain-timeout", hosted.drain_timeout);
    fields.read("max-tasks", hosted.max_tasks);
    read_module(fields, environment, hosted);
    read_python(fields, environment, programs, hosted);
    read_cpus(fields, hosted);
    read_config(fields, environment, hosted);
    set_defaults(fields, hosted, unit);
    if (unit.spec.on_demand && unit.listeners.empty()) {
        fields.refuse("workers", *fields.value("workers"),
                      "with min = 0 a connection starts the first; write [listen] too");
    }
}

}  // namespace superd::config
