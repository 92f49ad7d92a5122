// [rolling] and [recycle].
#include "config/read_unit.hpp"

#include <algorithm>

namespace superd::config {

namespace {

// An answer to one who asks at that address may be the old run's, while both live.
bool is_shared(const Ready* ready) {
    if (ready == nullptr) return false;
    return ready->kind == ReadyKind::tcp || ready->kind == ReadyKind::http ||
           ready->kind == ReadyKind::unix_socket;
}

void read_rolling(const Fields& fields, Unit& unit) {
    core::RollingRule& rule = unit.spec.rolling;
    fields.read("rolling.batch", rule.batch);
    const Value* const surge = fields.value("rolling.surge");
    if (surge == nullptr) {
        // Where superd holds the sockets, two of a unit's can have them.
        const bool safe = !unit.listeners.empty() && !is_shared(unit.ready.get());
        rule.surge = safe ? core::RollingRule::as_many_as_batch : 0;
        return;
    }
    if (const auto* number = surge->as<std::int64_t>()) {
        rule.surge = static_cast<std::uint32_t>(*number);
    } else {
        rule.surge = *surge->as<bool>() ? core::RollingRule::as_many_as_batch : 0;
    }
    if (rule.surge == 0 || !is_shared(unit.ready.get())) return;
    fields.refuse("rolling.surge", *surge,
                  "whoever asks at the address in [ready] may be answered by the old process; use "
                  "notify, fd, log or exec there, or surge = false");
}

void read_exit_codes(const Fields& fields, core::UnitSpec& spec) {
    const Value* const value = fields.value("recycle.exits");
    if (value == nullptr) return;
    auto& codes = spec.recycle.exits;
    for (const Value& item : *value->as<Array>()) {
        const auto* const code = item.as<std::int64_t>();
        if (code == nullptr) {
            fields.refuse("recycle.exits", *value,
                          "a signal is no wish; write exit codes from 0 to 255");
            return;
        }
        codes.push_back(static_cast<std::int32_t>(*code));
    }
    codes.shrink_to_fit();
    const auto& never = spec.restart.never_on_codes;
    if (std::ranges::find_first_of(codes, never) != codes.end()) {
        fields.refuse("recycle.exits", *value, "something in it is in restart.never-on too");
    }
}

}  // namespace

void read_renewal(const Fields& fields, Unit& unit) {
    core::UnitSpec& spec = unit.spec;
    read_rolling(fields, unit);
    fields.read("recycle.after", spec.recycle.after);
    fields.read("recycle.jitter", spec.recycle.jitter);
    if (const Value* const memory = fields.value("recycle.memory")) {
        spec.recycle.memory = *parse_size(*memory->as<std::string>());
    }
    read_exit_codes(fields, spec);
    if (spec.type != core::UnitType::oneshot) return;
    for (const char* const key :
         {"recycle.after", "recycle.memory", "recycle.exits", "rolling.batch", "rolling.surge"}) {
        if (!fields.given(key)) continue;
        fields.report().add(
            fields.position(key),
            "cannot use " + fields.label(key) + ": a oneshot runs to its end and is not replaced");
    }
}

}  // namespace superd::config
