#include "config/read_unit.hpp"
#include "config/signals.hpp"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

namespace superd::config {

namespace {

using core::DependencyKind;
using core::When;

void read_names(const Fields& fields, std::string_view path, DependencyKind kind, Draft& draft) {
    const auto* value = fields.value(path);
    if (value == nullptr) return;
    const auto& array = *value->as<Array>();
    for (std::size_t i = 0; i < array.size(); ++i) {
        draft.unit->spec.dependencies.push_back({*array[i].as<std::string>(), kind, When::ready});
        draft.written.push_back({array[i].at, element(path, i)});
    }
}

When to_when(std::string_view word) {
    return word == "started" ? When::started : word == "completed" ? When::completed : When::ready;
}

void read_order(const Fields& fields, Draft& draft) {
    const auto* value = fields.value("depends.after");
    if (value == nullptr) return;
    const auto& array = *value->as<Array>();
    for (std::size_t i = 0; i < array.size(); ++i) {
        core::Dependency dependency{{}, DependencyKind::after, When::ready};
        if (const auto* table = array[i].as<Table>()) {
            dependency.unit = *table->find("unit")->value.as<std::string>();
            if (const auto* when = table->find("when")) {
                dependency.when = to_when(*when->value.as<std::string>());
            }
        } else {
            dependency.unit = *array[i].as<std::string>();
        }
        draft.unit->spec.dependencies.push_back(std::move(dependency));
        draft.written.push_back({array[i].at, element("depends.after", i)});
    }
}

// Takes a list of exit codes and signals apart.
void read_exits(const Fields& fields, std::string_view path, std::vector<std::int32_t>& codes,
                std::vector<std::int32_t>& signals) {
    const auto* value = fields.value(path);
    if (value == nullptr) return;
    codes.clear();
    for (const auto& item : *value->as<Array>()) {
        const auto* code = item.as<std::int64_t>();
        auto& list = code != nullptr ? codes : signals;
        const auto number = code != nullptr ? static_cast<std::int32_t>(*code)
                                            : *signal_number(*item.as<std::string>());
        if (std::ranges::find(list, number) == list.end()) list.push_back(number);
    }
    codes.shrink_to_fit();
    signals.shrink_to_fit();
}

bool overlap(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b) {
    return std::ranges::find_first_of(a, b) != a.end();
}

void check_restart(const Fields& fields, const core::RestartRule& rule) {
    if (rule.delay > rule.max_delay) {
        // The one of the two that was written is the one to point at.
        const bool shorter = fields.value("restart.max-delay") != nullptr;
        const auto path = shorter ? "restart.max-delay" : "restart.delay";
        fields.refuse(
            path, *fields.value(path),
            shorter ? fmt::format("it is shorter than restart.delay (\"{}\")", to_text(rule.delay))
                    : fmt::format("it is longer than restart.max-delay (\"{}\"); set "
                                  "that too",
                                  to_text(rule.max_delay)));
    }
    if (overlap(rule.never_on_codes, rule.always_on_codes) ||
        overlap(rule.never_on_signals, rule.always_on_signals)) {
        fields.refuse("restart.always-on", *fields.value("restart.always-on"),
                      "something in it is in restart.never-on too");
    }
    if (const auto* value = fields.value("restart.on-limit");
        value != nullptr && !fields.given("restart.limit")) {
        fields.refuse("restart.on-limit", *value,
                      "there is no restart.limit; write limit = \"10 in 1min\" too");
    }
}

}  // namespace

void read_dependencies(const Fields& fields, Draft& draft) {
    read_names(fields, "depends.needs", DependencyKind::needs, draft);
    read_names(fields, "depends.wants", DependencyKind::wants, draft);
    read_order(fields, draft);
    draft.unit->spec.dependencies.shrink_to_fit();
}

void read_restart(const Fields& fields, core::RestartRule& rule) {
    fields.read("restart.policy", rule.policy);
    fields.read("restart.delay", rule.delay);
    fields.read("restart.max-delay", rule.max_delay);
    fields.read("restart.factor", rule.factor);
    fields.read("restart.jitter", rule.jitter);
    fields.read("restart.stable-after", rule.stable_after);
    if (const auto* value = fields.value("restart.limit")) {
        const auto rate = *parse_rate(*value->as<std::string>());
        rule.limit = rate.count;
        rule.window = rate.window;
    }
    fields.read("restart.on-limit", rule.on_limit);
    read_exits(fields, "restart.success-codes", rule.success_codes, rule.success_signals);
    read_exits(fields, "restart.never-on", rule.never_on_codes, rule.never_on_signals);
    read_exits(fields, "restart.always-on", rule.always_on_codes, rule.always_on_signals);
    check_restart(fields, rule);
}

std::vector<core::StopStep> read_stop(const Fields& fields) {
    constexpr core::Duration patience = std::chrono::seconds{10};
    constexpr core::Duration last_patience = std::chrono::seconds{5};
    std::vector<core::StopStep> steps;
    const auto* value = fields.value("stop.signals");
    if (value == nullptr) return {{SIGTERM, patience}, {SIGKILL, last_patience}};
    const auto& array = *value->as<Array>();
    steps.reserve(array.size() + 1);
    for (const auto& item : array) {
        const auto* pair = item.as<Array>();
        const auto& name = *(pair != nullptr ? pair->front() : item).as<std::string>();
        const auto wait =
            pair != nullptr ? *parse_duration(*(*pair)[1].as<std::string>()) : patience;
        steps.push_back({*signal_number(name), wait});
    }
    if (steps.back().signal != SIGKILL) steps.push_back({SIGKILL, last_patience});
    steps.shrink_to_fit();
    return steps;
}

}  // namespace superd::config
