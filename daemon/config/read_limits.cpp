// [limits].
#include "config/read_unit.hpp"

#include <algorithm>

namespace superd::config {

namespace {

constexpr std::uint64_t period_us = 100'000;

void read_size(const Fields& fields, std::string_view path, std::optional<std::uint64_t>& into) {
    if (const auto* value = fields.value(path)) into = *parse_size(*value->as<std::string>());
}

void read_count(const Fields& fields, std::string_view path, std::optional<std::uint64_t>& into) {
    if (const auto* value = fields.value(path)) {
        into = static_cast<std::uint64_t>(*value->as<std::int64_t>());
    }
}

double processors(const Value& value) {
    if (const auto* whole = value.as<std::int64_t>()) return static_cast<double>(*whole);
    if (const auto* number = value.as<double>()) return *number;
    return *parse_percent(*value.as<std::string>()) / 100;
}

rlim_t process_limit(const Value& value) {
    if (const auto* count = value.as<std::int64_t>()) return static_cast<rlim_t>(*count);
    const auto& text = *value.as<std::string>();
    return text == "unlimited" ? RLIM_INFINITY : static_cast<rlim_t>(*parse_size(text));
}

void read_process_limits(const Fields& fields, Limits& limits) {
    for (const ProcessLimitKey& key : process_limits) {
        if (const auto* value = fields.value(key.path)) {
            limits.process.push_back({key.resource, process_limit(*value)});
        }
    }
    limits.process.shrink_to_fit();
}

}  // namespace

void read_limits(const Fields& fields, Unit& unit) {
    const auto given = [&](const Key& key) {
        return key.section() == "limits" && fields.value(key.path) != nullptr;
    };
    if (std::ranges::none_of(unit_schema().keys, given)) return;
    auto limits = std::make_shared<Limits>();
    read_size(fields, "limits.memory-max", limits->memory_max);
    read_size(fields, "limits.memory-high", limits->memory_high);
    read_size(fields, "limits.swap-max", limits->swap_max);
    read_count(fields, "limits.cpu-weight", limits->cpu_weight);
    read_count(fields, "limits.io-weight", limits->io_weight);
    read_count(fields, "limits.pids", limits->pids);
    fields.read("limits.oom-policy", limits->oom_policy);
    if (const auto* cpu = fields.value("limits.cpu")) {
        limits->cpu_us = static_cast<std::uint64_t>(processors(*cpu) * period_us + 0.5);
    }
    if (const auto* score = fields.value("limits.oom-score-adjust")) {
        limits->oom_score_adjust = static_cast<std::int32_t>(*score->as<std::int64_t>());
    }
    read_process_limits(fields, *limits);
    if (limits->memory_max && limits->memory_high && *limits->memory_high > *limits->memory_max) {
        fields.refuse("limits.memory-high", *fields.value("limits.memory-high"),
                      "it is more than memory-max, so it would never be reached");
    }
    unit.limits = std::move(limits);
}

}  // namespace superd::config
