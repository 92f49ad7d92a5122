#include "config/read_unit.hpp"

#include "config/instance_text.hpp"
#include "config/read_hosted.hpp"
#include "config/read_listen.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

Source::Place place_of(const Fields& fields, std::string_view path) {
    const auto at = fields.position(path);
    constexpr std::uint32_t line_max = std::numeric_limits<std::uint16_t>::max();
    return {static_cast<std::uint16_t>(std::min(at.line, line_max)), at.file};
}

Source::Place first_place(const Fields& fields, std::string_view section) {
    Source::Place first;
    for (const auto& key : unit_schema().keys) {
        if (key.section() != section || !fields.given(key.path)) continue;
        const auto found = place_of(fields, key.path);
        const bool earlier = std::pair{found.file, found.line} < std::pair{first.file, first.line};
        if (first.line == 0 || earlier) first = found;
    }
    return first;
}

void read_directory(const Fields& fields, Environment& environment, Launch& launch) {
    launch.directory = expanded(fields, "directory", environment);
    if (launch.directory.empty() || launch.directory.starts_with('/')) return;
    fields.refuse("directory", *fields.value("directory"),
                  "expected an absolute path, one that begins with /");
}

void read_instances(const Fields& fields, std::uint32_t cores, Unit& unit) {
    const auto* value = fields.value("instances");
    if (value == nullptr) return;
    const auto* number = value->as<std::int64_t>();
    unit.by_cores = number == nullptr;
    unit.spec.instances = number != nullptr ? static_cast<std::uint32_t>(*number)
                                            : std::clamp(cores, 1u, core::UnitSpec::instances_max);
}

void read_umask(const Fields& fields, Launch& launch) {
    if (const auto* value = fields.value("umask")) {
        launch.umask = static_cast<mode_t>(std::stoul(*value->as<std::string>(), nullptr, 8));
    }
}

}  // namespace

std::string expanded(const Fields& fields, std::string_view path, Environment& environment) {
    const auto* value = fields.value(path);
    if (value == nullptr) return {};
    auto text = environment.expand(*value->as<std::string>());
    if (text) return std::move(*text);
    fields.refuse(path, *value, text.error());
    return {};
}

std::vector<std::string> read_argv(const Fields& fields, std::string_view path,
                                   Environment& environment, Programs& programs) {
    std::vector<std::string> argv;
    const auto* value = fields.value(path);
    if (value == nullptr) return argv;
    const auto& array = *value->as<Array>();
    argv.reserve(array.size());
    for (std::size_t i = 0; i < array.size(); ++i) {
        auto text = environment.expand(*array[i].as<std::string>());
        if (!text) fields.refuse(element(path, i), array[i], text.error());
        argv.push_back(text ? std::move(*text) : std::string{});
        if (i > 0 || !text) continue;
        auto& program = argv.front();
        if (program.empty()) {
            fields.refuse(element(path, i), array[i], "the program's name is empty");
        } else if (!program.contains('/') && program.contains(instance_mark)) {
            fields.refuse(element(path, i), array[i],
                          "a name with ${INSTANCE} in it cannot be looked up in PATH; write the "
                          "program's absolute path");
        } else if (!program.contains('/')) {
            program = programs.find(program, environment.path());
        } else if (!program.starts_with('/')) {
            fields.refuse(element(path, i), array[i],
                          "expected an absolute path, or a name to look up in PATH");
        }
        program.shrink_to_fit();
    }
    return argv;
}

void read_log(const Fields& fields, Log& log) {
    fields.read("log.format", log.format);
    fields.read("log.when-full", log.when_full);
    fields.read("log.compress", log.compress);
    fields.read("log.foreground", log.foreground);
    fields.read("log.foreground-format", log.foreground_format);
    fields.read("log.target", log.target);
    if (const auto* size = fields.value("log.max-size")) {
        log.max_size = *parse_size(*size->as<std::string>());
    }
    if (const auto* age = fields.value("log.max-age")) {
        const auto duration = *parse_duration(*age->as<std::string>());
        log.max_age = std::chrono::duration_cast<std::chrono::seconds>(duration);
        if (duration.count() > 0 && log.max_age.count() == 0) {
            fields.refuse("log.max-age", *age, "expected at least \"1s\", or \"0s\" for no limit");
        }
    }
    fields.read("log.keep", log.keep);
    fields.read("log.tail", log.tail);
}

Draft read_unit(const std::string& name, const Table& root, Surroundings& surroundings,
                Report& report) {
    Draft draft{std::make_shared<Unit>(), {}};
    Unit& unit = *draft.unit;
    const Fields fields{root, unit_schema(), report};
    unit.spec.name = name;
    fields.read("description", unit.description);
    fields.read("type", unit.spec.type);
    read_group(fields, draft);
    if (!fields.given("exec") && !fields.given("module") &&
        unit.spec.type != core::UnitType::group) {
        report.add({},
                   "cannot use this unit: exec is missing; "
                   "write exec = [\"/path/to/program\", \"argument\"]");
    }
    read_instances(fields, surroundings.cores, unit);
    read_workers(fields, surroundings.cores, unit);
    fields.read("essential", unit.spec.essential);
    read_dependencies(fields, draft);
    read_restart(fields, unit.spec.restart);
    unit.spec.stop = read_stop(fields);

    const Variables fixed{{"UNIT", name}, {"INSTANCE", std::string{instance_mark}}};
    auto environment = read_environment(fields, surroundings, fixed, unit.launch);
    unit.launch.argv = read_argv(fields, "exec", environment, surroundings.programs);
    unit.launch.env = environment.strings();
    read_directory(fields, environment, unit.launch);
    read_umask(fields, unit.launch);
    fields.read("stop-on-supervisor-exit", unit.launch.ends_with_superd);
    unit.ready = read_ready(fields, environment, surroundings.programs, unit.spec);
    read_checks(fields, environment, surroundings.programs, unit);
    read_watchdog(fields, unit.spec);
    read_timer(fields, unit.spec);
    read_fd_store(fields, unit);
    read_listeners(fields, environment, surroundings.accounts, unit);
    read_hooks(fields, environment, surroundings.programs, unit);
    read_hosted(fields, environment, surroundings.programs, unit);
    read_start(fields, unit);
    read_renewal(fields, unit);
    read_limits(fields, unit);
    unit.log = surroundings.log;
    read_log(fields, unit.log);
    unit.source = {report.files(),
                   place_of(fields, unit.hosted ? "module" : "exec"),
                   place_of(fields, "directory"),
                   place_of(fields, "user"),
                   first_place(fields, "ready"),
                   first_place(fields, "log"),
                   first_place(fields, "limits")};
    return draft;
}

}  // namespace superd::config
