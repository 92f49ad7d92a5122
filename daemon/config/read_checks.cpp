// [[check]] and [watchdog].
#include "config/read_probe.hpp"
#include "config/read_unit.hpp"
#include "config/signals.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

struct Way {
    std::string_view path;
    ReadyKind kind;
};
constexpr std::array ways{Way{"check.http", ReadyKind::http}, Way{"check.tcp", ReadyKind::tcp},
                          Way{"check.unix", ReadyKind::unix_socket},
                          Way{"check.exec", ReadyKind::exec}};

bool is_name(std::string_view name) {
    constexpr std::size_t name_max = 32;
    return !name.empty() && name.size() <= name_max && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

void read_name(const Fields& fields, Position table, const core::UnitSpec& spec,
               core::CheckSpec& check) {
    fields.read("check.name", check.name);
    const auto* const value = fields.value("check.name");
    if (!fields.given("check.name")) {
        fields.report().add(table, "cannot use this check: name is missing; write name = \"http\"");
    }
    if (value == nullptr) return;
    if (!is_name(check.name)) {
        return fields.refuse("check.name", *value, "expected 1 to 32 letters, digits and - _ or .");
    }
    if (std::ranges::find(spec.checks, check.name, &core::CheckSpec::name) != spec.checks.end()) {
        fields.refuse("check.name", *value, "another check of this unit has that name");
    }
}

const Way* chosen_way(const Fields& fields, Position table) {
    const Way* chosen = nullptr;
    for (const auto& way : ways) {
        if (!fields.given(way.path)) continue;
        if (chosen != nullptr) {
            fields.report().add(
                fields.position(way.path),
                fmt::format("cannot use {}: {} is there already; a check asks in one way only, "
                            "and there may be several checks",
                            fields.label(way.path), fields.label(chosen->path)));
            continue;
        }
        chosen = &way;
    }
    if (chosen == nullptr) {
        fields.report().add(
            table, "cannot use this check: it asks nothing; add one of http, tcp, unix or exec");
    }
    return chosen;
}

void read_way(const Fields& fields, const Way& way, Environment& environment, Programs& programs,
              std::uint32_t instances, core::CheckSpec& check, Ready& how) {
    how.kind = way.kind;
    const auto* const value = fields.value(way.path);
    if (value == nullptr) return;
    check.target = way.path.substr(std::string_view{"check."}.size());
    if (way.kind == ReadyKind::exec) {
        how.argv = read_argv(fields, way.path, environment, programs);
        for (const auto& word : how.argv) check.target += " " + quoted(word);
        return;
    }
    auto text = environment.expand(*value->as<std::string>());
    if (text) check.target += " " + *text;
    const auto cause = text ? parse_probes(way.kind, std::move(*text), instances, how)
                            : std::optional{text.error()};
    if (cause) fields.refuse(way.path, *value, *cause);
}

}  // namespace

void read_checks(const Fields& fields, Environment& environment, Programs& programs, Unit& unit) {
    core::UnitSpec& spec = unit.spec;
    for (const auto& element : fields.elements()) {
        const Position table = element.table_position();
        if (spec.checks.size() == core::UnitSpec::checks_max) {
            fields.report().add(table, fmt::format("cannot use this check: a unit has {} at most",
                                                   core::UnitSpec::checks_max));
            break;
        }
        if (spec.type == core::UnitType::oneshot) {
            fields.report().add(table,
                                "cannot use this check: a oneshot is never ready, it completes");
        }
        core::CheckSpec check;
        Ready how;
        read_name(element, table, spec, check);
        if (const auto* way = chosen_way(element, table)) {
            read_way(element, *way, environment, programs, spec.instances, check, how);
        }
        element.read("check.every", check.every);
        element.read("check.timeout", check.timeout);
        element.read("check.start-after", check.start_after);
        element.read("check.start-timeout", check.start_timeout);
        element.read("check.failures", check.failures);
        element.read("check.successes", check.successes);
        element.read("check.on-failure", check.on_failure);
        spec.checks.push_back(std::move(check));
        unit.checks.push_back(std::move(how));
    }
    spec.checks.shrink_to_fit();
    unit.checks.shrink_to_fit();
}

void read_watchdog(const Fields& fields, core::UnitSpec& spec) {
    fields.read("extend-max", spec.extend_max);
    fields.read("watchdog.every", spec.watchdog.every);
    if (const auto* value = fields.value("watchdog.signal")) {
        spec.watchdog.signal = *signal_number(*value->as<std::string>());
        if (!fields.given("watchdog.every")) {
            fields.refuse("watchdog.signal", *value,
                          "there is no watchdog.every; write every = \"10s\" too");
        }
    }
    if (fields.given("watchdog.every") && spec.type == core::UnitType::oneshot) {
        fields.report().add(fields.position("watchdog.every"),
                            "cannot use watchdog.every: a oneshot is never ready, it completes");
    }
}

void read_fd_store(const Fields& fields, Unit& unit) {
    constexpr int first = 3;
    fields.read("fd-store-max", unit.fd_store_max);
    const auto* const value = fields.value("ready.fd");
    if (value == nullptr || *value->as<std::int64_t>() >= first + unit.fd_store_max) return;
    fields.refuse("ready.fd", *value,
                  fmt::format("the descriptors that fd-store-max allows are {} to {}; write {}",
                              first, first + unit.fd_store_max - 1, first + unit.fd_store_max));
}

}  // namespace superd::config
