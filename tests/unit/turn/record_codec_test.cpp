#include "turn/record_codec.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace superd::turn {
namespace {

using namespace std::chrono_literals;

core::Instant at(core::Duration since_boot) { return core::Instant{since_boot}; }

core::Instance busy_instance() {
    core::Instance i;
    i.goal = core::Goal::up;
    i.state = core::State::backoff;
    i.reason = core::Reason::exited;
    i.stop_step = 2;
    i.leader_gone = i.restart_requested = i.run_failed = i.limited = true;
    i.run = 0x1'0000'0007;
    i.pid = 4711;
    i.attempt = 5;
    i.generation = 8;
    i.origin = core::Origin::recycle;
    i.announced = core::Announced::reloading;
    i.restarts = 9;
    i.since = at(1234567890123ns);
    i.started = at(77s);
    i.ready_at = at(78s);
    i.due = at(90s);
    i.restarts_at = {at(10s), at(20500ms)};
    core::ExitStatus status{.code = 3, .signal = 11, .core = true, .oom = true};
    i.last_exit =
        std::make_unique<core::LastExit>(core::LastExit{at(88s), 11s, 0x1'0000'0006, 4710, status});
    i.spawn_error = std::make_unique<std::string>("web: cannot start: no luck");
    i.hook = core::Hook::post_stop;
    i.transient = true;
    i.crash = std::make_unique<core::Crash>(
        core::Crash{0x1'0000'0005, core::Reason::pre_start_failed, 6});
    return i;
}

TEST(RecordCodec, KeepsWhatATimerHasPlanned) {
    core::Instance i;
    EXPECT_EQ(decode_record(encode_record("job", 0, i, 0))->instance.schedule, nullptr);
    i.schedule = std::make_unique<core::Schedule>();
    core::Schedule& written = *i.schedule;
    written.next = at(90s), written.base = at(-30s), written.delay = 5min;
    written.occurrence = 1'800'000'000, written.seen = 17, written.last = 16;
    written.queued = written.off = true;
    const auto record = decode_record(encode_record("job", 0, i, 0));
    ASSERT_TRUE(record && record->instance.schedule);
    const core::Schedule& read = *record->instance.schedule;
    EXPECT_EQ(read.next, written.next);
    EXPECT_EQ(read.base, written.base);
    EXPECT_EQ(read.delay, written.delay);
    EXPECT_EQ(read.occurrence, written.occurrence);
    EXPECT_EQ(read.seen, written.seen);
    EXPECT_EQ(read.last, written.last);
    EXPECT_TRUE(read.queued && read.off);
    written.base.reset();
    EXPECT_EQ(decode_record(encode_record("job", 0, i, 0))->instance.schedule->base, std::nullopt);
}

TEST(RecordCodec, GivesBackWhatItWasGiven) {
    const core::Instance i = busy_instance();
    const auto record = decode_record(encode_record("web", 3, i, 42));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->unit, "web");
    EXPECT_EQ(record->index, 3u);
    EXPECT_EQ(record->cloned_ns, 42);
    const core::Instance& back = record->instance;
    EXPECT_EQ(back.goal, i.goal);
    EXPECT_EQ(back.state, i.state);
    EXPECT_EQ(back.reason, i.reason);
    EXPECT_EQ(back.stop_step, i.stop_step);
    EXPECT_TRUE(back.leader_gone && back.restart_requested && back.run_failed && back.limited);
    EXPECT_EQ(back.run, i.run);
    EXPECT_EQ(back.pid, i.pid);
    EXPECT_EQ(back.attempt, i.attempt);
    EXPECT_EQ(back.generation, i.generation);
    EXPECT_EQ(back.origin, i.origin);
    EXPECT_EQ(back.announced, i.announced);
    EXPECT_EQ(back.restarts, i.restarts);
    EXPECT_EQ(back.since, i.since);
    EXPECT_EQ(back.started, i.started);
    EXPECT_EQ(back.ready_at, i.ready_at);
    EXPECT_EQ(back.due, i.due);
    EXPECT_EQ(back.restarts_at, i.restarts_at);
    ASSERT_TRUE(back.last_exit);
    EXPECT_EQ(back.last_exit->at, i.last_exit->at);
    EXPECT_EQ(back.last_exit->uptime, i.last_exit->uptime);
    EXPECT_EQ(back.last_exit->run, i.last_exit->run);
    EXPECT_EQ(back.last_exit->pid, i.last_exit->pid);
    EXPECT_EQ(back.last_exit->status, i.last_exit->status);
    ASSERT_TRUE(back.spawn_error);
    EXPECT_EQ(*back.spawn_error, *i.spawn_error);
    EXPECT_EQ(back.hook, core::Hook::post_stop);
    EXPECT_TRUE(back.transient);
    ASSERT_TRUE(back.crash);
    EXPECT_EQ(back.crash->run, 0x1'0000'0005u);
    EXPECT_EQ(back.crash->reason, core::Reason::pre_start_failed);
    EXPECT_EQ(back.crash->suppressed, 6u);
}

TEST(RecordCodec, KeepsTheWholeHistoryAndCutsWhatIsForPeople) {
    core::Instance i = busy_instance();
    i.restarts_at.clear();
    for (int n = 0; n < 64; ++n) i.restarts_at.push_back(at(std::chrono::seconds{n}));
    i.spawn_error = std::make_unique<std::string>(1000, 'e');
    i.health = std::make_unique<core::Health>();
    i.health->cause = std::string(1000, 'c');
    const auto record = decode_record(encode_record(std::string(255, 'u'), 0, i, 0));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->unit, std::string(255, 'u'));
    const auto& kept = record->instance.restarts_at;
    ASSERT_EQ(kept.size(), 64u);
    EXPECT_EQ(kept.back(), at(63s));
    EXPECT_EQ(record->instance.health->cause, std::string(200, 'c'));
    ASSERT_TRUE(record->instance.spawn_error);
    EXPECT_GT(record->instance.spawn_error->size(), 100u);
}

TEST(RecordCodec, KnowsWhatTheServiceSaid) {
    core::Instance i = busy_instance();
    i.announced = core::Announced::stopping;
    auto record = decode_record(encode_record("web", 0, i, 0, "closing the till"));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->said, "closing the till");
    EXPECT_EQ(record->instance.announced, core::Announced::stopping);
    EXPECT_EQ(decode_record(encode_record("web", 0, i, 0))->said, "");
}

TEST(RecordCodec, KnowsThatTheRunIsToBeReplaced) {
    core::Instance i = busy_instance();
    EXPECT_EQ(decode_record(encode_record("web", 0, i, 0))->instance.renewal, nullptr);
    i.renewal = std::make_unique<core::Renewal>(
        core::Renewal{core::RenewalKind::memory, true, 7, 300, 0x1'0000'0009, "it uses 9.0 MiB"});
    const auto index = core::beside({1, 3}).index;
    const auto record = decode_record(encode_record("web", index, i, 0, "", 0, true));
    ASSERT_TRUE(record && record->instance.renewal);
    EXPECT_EQ(record->index, index);
    EXPECT_TRUE(record->other_group);
    const core::Renewal& renewal = *record->instance.renewal;
    EXPECT_EQ(renewal.kind, core::RenewalKind::memory);
    EXPECT_TRUE(renewal.begun);
    EXPECT_EQ(renewal.batch, 7);
    EXPECT_EQ(renewal.of, 300);
    EXPECT_EQ(renewal.first, 0x1'0000'0009u);
    EXPECT_EQ(renewal.why, "it uses 9.0 MiB");
}

TEST(RecordCodec, KnowsWhichChecksFail) {
    core::Instance i = busy_instance();
    i.health = std::make_unique<core::Health>();
    i.health->checks = {{.failing = false}, {.failures = 3, .failing = true}, {.failing = false}};
    const auto record = decode_record(encode_record("web", 0, i, 0));
    ASSERT_TRUE(record && record->instance.health);
    const auto& checks = record->instance.health->checks;
    ASSERT_EQ(checks.size(), 2u) << "up to the last that fails";
    EXPECT_FALSE(checks[0].failing);
    EXPECT_TRUE(checks[1].failing);
    i.health->checks.clear();
    EXPECT_EQ(decode_record(encode_record("web", 0, i, 0))->instance.health, nullptr);
}

TEST(RecordCodec, RefusesWhatIsDamaged) {
    const Slot good = encode_record("web", 0, busy_instance(), 1);
    ASSERT_TRUE(decode_record(good));
    const auto length = std::to_integer<std::size_t>(good[8]);  // Of what is used, below 256 here.
    ASSERT_GT(length, 100u);
    for (std::size_t byte = 0; byte < length; ++byte) {
        Slot bad = good;
        bad[byte] ^= std::byte{0x10};
        EXPECT_FALSE(decode_record(bad)) << "byte " << byte;
    }
    EXPECT_FALSE(decode_record(Slot{}));
    EXPECT_FALSE(decode_record(encode_header({"boot", 1})));
}

}  // namespace
}  // namespace superd::turn
