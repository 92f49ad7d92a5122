#include "turn/record_codec.hpp"

#include "core/spec.hpp"
#include "turn/slot_bytes.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <memory>
#include <utility>

namespace superd::turn {
namespace {

std::int64_t ns(core::Instant moment) { return moment.time_since_epoch().count(); }
core::Instant instant(std::int64_t value) { return core::Instant{core::Duration{value}}; }

enum Flag : std::uint8_t {
    leader_gone = 1,
    restart_requested = 2,
    run_failed = 4,
    limited = 8,
    transient = 16,
    dormant = 32,
    frozen = 64,  // More of that, and of the next, is at the end.
    counted = 128,
};
enum ExitFlag : std::uint8_t { has_exit = 1, core_dumped = 2, oom = 4, unknown = 8 };

// Restart moments as tenths of a second: exact enough for a window, and 13 years long.
constexpr std::int64_t tenth = 100'000'000;

// Cut where there is no room for all of it and `reserve` more bytes.
void put_text(Writer& out, std::string_view text, std::size_t reserve = 0) {
    constexpr std::size_t text_max = 200;
    text = text.substr(0, std::min(out.room() - 1 - reserve, text_max));
    out.put(static_cast<std::uint8_t>(text.size()));
    out.put(text);
}

void put_exit(Writer& out, const core::LastExit* last) {
    const core::LastExit none;
    const core::LastExit& exit = last != nullptr ? *last : none;
    std::uint8_t flags = last != nullptr ? has_exit : 0;
    if (exit.status.core) flags |= core_dumped;
    if (exit.status.oom) flags |= oom;
    if (exit.status.unknown) flags |= unknown;
    out.put(flags);
    out.put(ns(exit.at));
    out.put(exit.uptime.count());
    out.put(exit.run);
    out.put(exit.pid);
    out.put(exit.status.code);
    out.put(exit.status.signal);
}

std::unique_ptr<core::LastExit> take_exit(Reader& in) {
    const auto flags = in.take<std::uint8_t>();
    core::LastExit exit;
    exit.at = instant(in.take<std::int64_t>());
    exit.uptime = core::Duration{in.take<std::int64_t>()};
    exit.run = in.take<core::RunId>();
    exit.pid = in.take<std::int32_t>();
    exit.status.code = in.take<std::int32_t>();
    exit.status.signal = in.take<std::int32_t>();
    exit.status.core = (flags & core_dumped) != 0;
    exit.status.oom = (flags & oom) != 0;
    exit.status.unknown = (flags & unknown) != 0;
    if ((flags & has_exit) == 0) return nullptr;
    return std::make_unique<core::LastExit>(exit);
}

void put_facts(Writer& out, const core::Instance& i, const GroupCounts& counts) {
    std::uint8_t flags = 0;
    if (core::held(i)) flags |= frozen;
    if (counts != GroupCounts{}) flags |= counted;
    if (i.leader_gone) flags |= leader_gone;
    if (i.restart_requested) flags |= restart_requested;
    if (i.run_failed) flags |= run_failed;
    if (i.limited) flags |= limited;
    if (i.transient) flags |= transient;
    if (i.dormant) flags |= dormant;
    out.put(std::to_underlying(i.goal));
    out.put(std::to_underlying(i.state));
    out.put(std::to_underlying(i.reason));
    out.put(std::to_underlying(i.announced));
    out.put(std::to_underlying(i.hook));
    out.put(i.stop_step);
    out.put(flags);
    out.put(std::to_underlying(i.origin));
    out.put(i.generation);
    out.put(i.run);
    out.put(i.pid);
    out.put(i.attempt);
    out.put(i.restarts);
    out.put(ns(i.since));
    out.put(ns(i.started));
    out.put(ns(i.ready_at));
    out.put(ns(i.due));
}

void take_facts(Reader& in, core::Instance& i, GroupCounts& counts) {
    i.goal = static_cast<core::Goal>(in.take<std::uint8_t>());
    i.state = static_cast<core::State>(in.take<std::uint8_t>());
    i.reason = static_cast<core::Reason>(in.take<std::uint8_t>());
    i.announced = static_cast<core::Announced>(in.take<std::uint8_t>());
    i.hook = static_cast<core::Hook>(in.take<std::uint8_t>());
    i.stop_step = in.take<std::uint8_t>();
    const auto flags = in.take<std::uint8_t>();
    i.leader_gone = (flags & leader_gone) != 0;
    i.restart_requested = (flags & restart_requested) != 0;
    i.run_failed = (flags & run_failed) != 0;
    i.limited = (flags & limited) != 0;
    i.transient = (flags & transient) != 0;
    i.dormant = (flags & dormant) != 0;
    if ((flags & frozen) != 0) i.freeze = core::Freeze::asked;
    counts.oom_kills = (flags & counted) != 0 ? 1 : 0;  // See the tail.
    i.origin = static_cast<core::Origin>(in.take<std::uint8_t>());
    i.generation = in.take<std::uint32_t>();
    i.run = in.take<core::RunId>();
    i.pid = in.take<std::int32_t>();
    i.attempt = in.take<std::uint32_t>();
    i.restarts = in.take<std::uint32_t>();
    i.since = instant(in.take<std::int64_t>());
    i.started = instant(in.take<std::int64_t>());
    i.ready_at = instant(in.take<std::int64_t>());
    i.due = instant(in.take<std::int64_t>());
}

// That the instance is to be given a new run. Kinds are counted from 1; 0: it is not.
void put_renewal(Writer& out, const core::Renewal* renewal) {
    const core::Renewal none;
    const core::Renewal& r = renewal != nullptr ? *renewal : none;
    const auto kind = static_cast<std::uint8_t>(r.kind);
    out.put(static_cast<std::uint8_t>(renewal != nullptr ? kind + 1 : 0));
    out.put(static_cast<std::uint8_t>(r.begun ? 1 : 0));
    out.put(r.batch);
    out.put(r.of);
    out.put(r.first);
    put_text(out, r.why);
}

std::unique_ptr<core::Renewal> take_renewal(Reader& in, bool& good) {
    const auto kind = in.take<std::uint8_t>();
    core::Renewal renewal;
    renewal.begun = in.take<std::uint8_t>() != 0;
    renewal.batch = in.take<std::uint16_t>();
    renewal.of = in.take<std::uint16_t>();
    renewal.first = in.take<std::uint64_t>();
    renewal.why = in.text(in.take<std::uint8_t>());
    if (kind == 0) return nullptr;
    good = kind - 1 <= static_cast<int>(core::RenewalKind::stalled) && renewal.batch != 0;
    renewal.kind = static_cast<core::RenewalKind>(kind - 1);
    return std::make_unique<core::Renewal>(std::move(renewal));
}

// Which checks are failing, and why superd ended the run.
void put_health(Writer& out, const core::Health* health) {
    std::uint16_t failing = 0;
    for (std::size_t i = 0; health != nullptr && i < health->checks.size(); ++i) {
        if (health->checks[i].failing) failing |= static_cast<std::uint16_t>(1u << i);
    }
    out.put(failing);
    put_text(out, health != nullptr ? health->cause : std::string_view{});
}

std::unique_ptr<core::Health> take_health(Reader& in) {
    const auto failing = in.take<std::uint16_t>();
    auto health = std::make_unique<core::Health>();
    for (unsigned bits = failing; bits != 0; bits >>= 1) {
        health->checks.push_back({.failing = (bits & 1) != 0});
    }
    health->cause = in.text(in.take<std::uint8_t>());
    if (health->checks.empty() && health->cause.empty()) return nullptr;
    return health;
}

enum ScheduleFlag : std::uint8_t { has_schedule = 1, has_base = 2, queued = 4, off = 8 };

void put_schedule(Writer& out, const core::Schedule* schedule) {
    std::uint8_t flags = 0;
    if (schedule != nullptr) {
        flags |= has_schedule;
        if (schedule->base) flags |= has_base;
        if (schedule->queued) flags |= queued;
        if (schedule->off) flags |= off;
    }
    out.put(flags);
    if (schedule == nullptr) return;
    out.put(ns(schedule->next));
    out.put(ns(schedule->base.value_or(core::Instant{})));
    out.put(schedule->occurrence);
    out.put(schedule->delay.count());
    out.put(schedule->seen);
    out.put(schedule->last);
}

std::unique_ptr<core::Schedule> take_schedule(Reader& in) {
    const auto flags = in.take<std::uint8_t>();
    if ((flags & has_schedule) == 0) return nullptr;
    auto schedule = std::make_unique<core::Schedule>();
    schedule->next = instant(in.take<std::int64_t>());
    const auto base = instant(in.take<std::int64_t>());
    if ((flags & has_base) != 0) schedule->base = base;
    schedule->occurrence = in.take<std::int64_t>();
    schedule->delay = core::Duration{in.take<std::int64_t>()};
    schedule->seen = in.take<std::int64_t>();
    schedule->last = in.take<std::int64_t>();
    schedule->queued = (flags & queued) != 0;
    schedule->off = (flags & off) != 0;
    return schedule;
}

// The failure that is still to be told to the on-crash hook.
void put_crash(Writer& out, const core::Crash* crash) {
    const core::Crash none;
    const core::Crash& told = crash != nullptr ? *crash : none;
    out.put(told.run);
    out.put(std::to_underlying(told.reason));
    out.put(told.suppressed);
}

std::unique_ptr<core::Crash> take_crash(Reader& in) {
    core::Crash crash;
    crash.run = in.take<core::RunId>();
    crash.reason = static_cast<core::Reason>(in.take<std::uint8_t>());
    crash.suppressed = in.take<std::uint32_t>();
    if (crash.run == 0) return nullptr;
    return std::make_unique<core::Crash>(crash);
}

// What few records have. It came later than the rest, and is where a reader that does not
// know of it does not look.
constexpr std::size_t tail_max = 3 * sizeof(std::uint64_t) + 1;

void put_tail(Writer& out, const core::Instance& i, const GroupCounts& counts) {
    if (core::held(i)) {
        out.put(ns(i.frozen_since));
        out.put(std::to_underlying(i.freeze));
    }
    if (counts == GroupCounts{}) return;
    out.put(counts.oom_kills);
    out.put(counts.cpu_us);
}

void take_tail(Reader& in, core::Instance& i, GroupCounts& counts) {
    if (core::held(i)) {
        i.frozen_since = instant(in.take<std::int64_t>());
        i.freeze = static_cast<core::Freeze>(in.take<std::uint8_t>());
    }
    if (counts.oom_kills == 0) return;
    counts.oom_kills = in.take<std::uint64_t>();
    counts.cpu_us = in.take<std::uint64_t>();
}

constexpr core::Reason last_reason = core::Reason::stalled;

bool in_range(const core::Instance& i) {
    return i.goal <= core::Goal::up && i.state <= core::State::completed &&
           i.reason <= last_reason && i.origin <= core::Origin::ended &&
           i.hook <= core::Hook::on_crash && i.freeze <= core::Freeze::frozen &&
           (!i.crash || i.crash->reason <= last_reason) &&
           i.announced <= core::Announced::stopping && i.pid >= 0;
}

}  // namespace

Slot encode_record(std::string_view unit, std::uint32_t index, const core::Instance& instance,
                   std::int64_t cloned_ns, std::string_view said, std::uint32_t scaled,
                   bool other_group, std::uint32_t autoscaled, const GroupCounts& counts) {
    assert(!unit.empty() && unit.size() <= name_max);
    Writer out;
    out.put(static_cast<std::uint8_t>(unit.size()));
    out.put(unit);
    out.put(index);
    out.put(cloned_ns);
    out.put(scaled);
    out.put(static_cast<std::uint8_t>(other_group ? 1 : 0));
    out.put(autoscaled);
    put_facts(out, instance, counts);
    put_exit(out, instance.last_exit.get());
    put_crash(out, instance.crash.get());
    put_health(out, instance.health.get());
    put_renewal(out, instance.renewal.get());
    put_schedule(out, instance.schedule.get());
    const auto& all = instance.restarts_at;
    const std::size_t fitting =
        std::min(all.size(), (out.room() - 2 - tail_max) / sizeof(std::uint32_t));
    out.put(static_cast<std::uint8_t>(fitting));
    for (std::size_t i = all.size() - fitting; i < all.size(); ++i) {
        out.put(static_cast<std::uint32_t>(ns(all[i]) / tenth));
    }
    put_text(out, said, 1 + tail_max);
    put_text(out, instance.spawn_error ? *instance.spawn_error : std::string_view{}, tail_max);
    put_tail(out, instance, counts);
    return out.finish(kind_record);
}

std::optional<Record> decode_record(std::span<const std::byte, slot_size> bytes) {
    auto in = open_slot(bytes, kind_record);
    if (!in) return std::nullopt;
    Record record;
    record.unit = in->text(in->take<std::uint8_t>());
    record.index = in->take<std::uint32_t>();
    record.cloned_ns = in->take<std::int64_t>();
    record.scaled = in->take<std::uint32_t>();
    record.other_group = in->take<std::uint8_t>() != 0;
    record.autoscaled = in->take<std::uint32_t>();
    core::Instance& instance = record.instance;
    take_facts(*in, instance, record.counts);
    instance.last_exit = take_exit(*in);
    instance.crash = take_crash(*in);
    instance.health = take_health(*in);
    bool sound = true;
    instance.renewal = take_renewal(*in, sound);
    instance.schedule = take_schedule(*in);
    const auto restarts = in->take<std::uint8_t>();
    for (int i = 0; i < restarts; ++i) {
        instance.restarts_at.push_back(instant(in->take<std::uint32_t>() * tenth));
    }
    record.said = in->text(in->take<std::uint8_t>());
    std::string error = in->text(in->take<std::uint8_t>());
    if (!error.empty()) instance.spawn_error = std::make_unique<std::string>(std::move(error));
    take_tail(*in, instance, record.counts);
    if (!in->good() || !sound || record.unit.empty() || !in_range(instance) ||
        record.scaled > core::UnitSpec::instances_max ||
        record.autoscaled > core::UnitSpec::instances_max) {
        return std::nullopt;
    }
    return record;
}

Slot encode_header(const RecordsHeader& header) {
    Writer out;
    out.put(static_cast<std::uint8_t>(header.boot.size()));
    out.put(std::string_view{header.boot});
    out.put(header.next_run);
    out.put(static_cast<std::uint8_t>(header.ending ? 1 : 0));
    out.put(header.ending.value_or(0));
    return out.finish(kind_header);
}

std::optional<RecordsHeader> decode_header(std::span<const std::byte, slot_size> bytes) {
    auto in = open_slot(bytes, kind_header);
    if (!in) return std::nullopt;
    RecordsHeader header;
    header.boot = in->text(in->take<std::uint8_t>());
    header.next_run = in->take<core::RunId>();
    const bool ending = in->take<std::uint8_t>() != 0;
    const auto exit_code = in->take<std::int32_t>();
    if (ending) header.ending = exit_code;
    if (!in->good()) return std::nullopt;
    return header;
}

}  // namespace superd::turn
