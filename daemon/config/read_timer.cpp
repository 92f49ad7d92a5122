// [timer]: when a oneshot runs.
#include "config/moments.hpp"
#include "config/read_unit.hpp"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

constexpr core::Duration catch_up_min = std::chrono::minutes{1};

void read_moments(const Fields& fields, core::TimerRule& rule) {
    const auto* value = fields.value("timer.at");
    if (value == nullptr) return;
    const auto add = [&](const Value& one) {
        const auto& text = *one.as<std::string>();
        rule.at.push_back(*parse_moments(text));
        rule.text += (rule.text.empty() ? "" : ", ") + text;
    };
    if (const auto* array = value->as<Array>()) {
        for (const auto& one : *array) add(one);
    } else {
        add(*value);
    }
}

void check_way(const Fields& fields, Position at) {
    const bool every = fields.given("timer.every"), moments = fields.given("timer.at");
    if (every && moments) {
        fields.report().add(fields.position("timer.at"),
                            "cannot use timer.at: timer.every is there already; a timer has one "
                            "of them, and at may have several moments");
    }
    if (!every && !moments) {
        fields.report().add(at,
                            "cannot use this timer: it does not say when; write every = \"1h\" "
                            "or at = \"daily 03:00\"");
    }
}

void check_rule(const Fields& fields, const core::UnitSpec& spec, const core::TimerRule& rule) {
    const bool every = rule.every.count() > 0;
    if (const auto* value = fields.value("timer.zone"); value != nullptr && every) {
        fields.refuse("timer.zone", *value, "only timer.at has a zone; every is an interval");
    }
    if (const auto* value = fields.value("timer.jitter");
        value != nullptr && every && rule.jitter >= rule.every) {
        fields.refuse("timer.jitter", *value,
                      fmt::format("expected less than timer.every (\"{}\")", to_text(rule.every)));
    }
    if (const auto* value = fields.value("timer.catch-up");
        value != nullptr && rule.catch_up && every && rule.every < catch_up_min) {
        fields.refuse("timer.catch-up", *value,
                      "with timer.every shorter than \"1min\" there is nothing to make up for");
    }
    if (const auto* value = fields.value("essential"); value != nullptr && spec.essential) {
        fields.refuse("essential", *value,
                      "a unit with [timer] is never lost for good: its next run is due some time");
    }
}

}  // namespace

void read_timer(const Fields& fields, core::UnitSpec& spec) {
    const Key* first = nullptr;
    for (const auto& key : unit_schema().keys) {
        if (key.section() == "timer" && fields.given(key.path) && first == nullptr) first = &key;
    }
    if (first == nullptr) return;
    const Position at = fields.position(first->path);
    if (spec.type != core::UnitType::oneshot) {
        // Of a group each key is refused already.
        if (spec.type == core::UnitType::group) return;
        return fields.report().add(at,
                                   "cannot use [timer]: only a oneshot runs at set times; write "
                                   "type = \"oneshot\" too");
    }
    auto rule = std::make_shared<core::TimerRule>();
    fields.read("timer.every", rule->every);
    if (rule->every.count() > 0) rule->text = "every " + to_text(rule->every);
    read_moments(fields, *rule);
    if (const auto* zone = fields.value("timer.zone")) {
        rule->utc = *zone->as<std::string>() == "utc";
        if (rule->utc) rule->text += " utc";
    }
    fields.read("timer.jitter", rule->jitter);
    fields.read("timer.catch-up", rule->catch_up);
    fields.read("timer.on-start", rule->on_start);
    fields.read("timer.overlap", rule->overlap);
    check_way(fields, at);
    check_rule(fields, spec, *rule);
    spec.timer = std::move(rule);
}

}  // namespace superd::config
