// When a silent thread is told of, why it is silent, and when it is left in peace.
#include "core/stall.hpp"

#include <optional>

#include <gtest/gtest.h>

namespace superd::core {
namespace {

using namespace std::chrono_literals;
using Kind = StallTurn::Kind;

constexpr Instant start{1'000s};

ThreadFacts facts(char state, Duration ran = {}, Duration waited = {}, std::string call = {},
                  std::string channel = {}) {
    return {.state = state, .ran = ran, .waited = waited, .channel = channel, .call = call};
}

struct CauseCase {
    const char* what;
    ThreadFacts before, after;
    StallCause cause;
};

TEST(StallCause, IsToldFromWhatTheKernelCounts) {
    const auto asleep = facts('S');
    const CauseCase cases[] = {
        {"runs", facts('R'), facts('R', 950ms), StallCause::computing},
        {"runs, and was caught asleep", facts('R'), facts('S', 950ms), StallCause::computing},
        {"runs whenever it may", facts('R'), facts('R', 400ms, 350ms), StallCause::computing},
        {"runs now, after a long sleep", asleep, facts('R', 1ms), StallCause::computing},
        {"has no processor", facts('R'), facts('R', 300ms, 650ms), StallCause::starved},
        {"has none at all", facts('R'), facts('R', 0ms, 1s), StallCause::starved},
        {"sleeps in a futex", asleep, facts('S', 0ms, 0ms, "futex", "futex_do_wait"),
         StallCause::lock},
        {"the same, unseen", asleep, facts('S', 0ms, 0ms, "", "futex_wait_queue"),
         StallCause::lock},
        {"waits for a file lock", asleep, facts('S', 0ms, 0ms, "flock"), StallCause::lock},
        {"waits for a disk", facts('D'), facts('D', 1ms, 0ms, "fsync", "folio_wait_bit"),
         StallCause::disk},
        {"sleeps", asleep, facts('S', 0ms, 0ms, "clock_nanosleep", "hrtimer_nanosleep"),
         StallCause::call},
        {"reads from a peer", asleep, facts('S', 0ms, 0ms, "recvfrom"), StallCause::call},
        {"polls in the loop", asleep, facts('S', 0ms, 0ms, "poll"), StallCause::call},
        {"waits for events", asleep, facts('S', 0ms, 0ms, "epoll_wait"), StallCause::events},
        {"the same, unseen", asleep, facts('S', 0ms, 0ms, "", "ep_poll"), StallCause::events},
        {"is stopped", facts('R'), facts('T', 990ms), StallCause::stopped},
        {"is debugged", facts('R'), facts('t', 990ms), StallCause::traced},
        {"is frozen", asleep, facts('S', 0ms, 0ms, "", "do_freezer_trap"), StallCause::frozen},
        {"the same on Linux 6.18", asleep, facts('S', 0ms, 0ms, "", "get_signal"),
         StallCause::frozen},
        {"is stopped there", asleep, facts('T', 0ms, 0ms, "", "get_signal"), StallCause::stopped},
        {"nobody may know", asleep, asleep, StallCause::unknown},
        {"counters of another thread", facts('S', 5s, 5s), facts('S', 1s, 1s), StallCause::unknown},
    };
    for (const auto& each : cases) {
        EXPECT_EQ(judge_cause(each.before, each.after, 1s), each.cause) << each.what;
    }
    EXPECT_EQ(judge_cause(facts('S'), facts('S', 1s), 0s), StallCause::unknown) << "no time passed";
}

// One slot, looked at every 50 ms.
class Stalls : public testing::Test {
protected:
    // Goes on for so long; what was told meanwhile.
    std::vector<StallTurn> pass(Duration time) {
        std::vector<StallTurn> told;
        for (const Instant end = now_ + time; now_ < end;) {
            now_ += 50ms;
            if (computes_) facts_.ran += 50ms;
            if (starves_) facts_.waited += 50ms;
            if (beats_) sample_.beat = now_;
            std::vector<SlotSample> suspects;
            auto turns = watch_.look(rule_, {&sample_, 1}, now_, suspects);
            told.insert(told.end(), turns.begin(), turns.end());
            looked_ += suspects.size();
            std::vector<SlotLook> looks;
            for (const auto& each : suspects) looks.push_back({each, facts_, "GET /x"});
            turns = watch_.judge(rule_, looks, now_);
            told.insert(told.end(), turns.begin(), turns.end());
        }
        return told;
    }
    std::vector<Kind> kinds(Duration time) {
        std::vector<Kind> all;
        for (const auto& turn : pass(time)) all.push_back(turn.kind);
        return all;
    }

    StallRule rule_{.warn = 250ms, .timeout = 5s, .on_stall = OnStall::replace};
    Instant now_ = start;
    SlotSample sample_{.slot = 3, .kind = SlotKind::loop, .tid = 4711, .beat = start};
    ThreadFacts facts_ = facts('R');
    bool computes_ = false, starves_ = false, beats_ = false;
    std::size_t looked_ = 0;
    StallWatch watch_{start};
};

using Kinds = std::vector<Kind>;

TEST_F(Stalls, ALoopThatBeatsIsNotEvenLookedAt) {
    beats_ = true;
    EXPECT_EQ(kinds(60s), Kinds{});
    EXPECT_EQ(looked_, 0u);
}

TEST_F(Stalls, ASilentLoopIsToldOfOnceAndStallsOnce) {
    computes_ = true;
    EXPECT_EQ(kinds(200ms), Kinds{});
    const auto silent = pass(100ms);
    ASSERT_EQ(silent.size(), 1u);
    EXPECT_EQ(silent[0].kind, Kind::silent);
    EXPECT_FALSE(silent[0].acts);
    EXPECT_EQ(silent[0].lasted, 250ms);
    EXPECT_EQ(describe(silent[0]),
              "loop of tid 4711 silent for 250 ms, state R, cpu 100 %: CPU-bound code in the loop, "
              "at \"GET /x\"");
    EXPECT_EQ(kinds(4600ms), Kinds{});
    const auto stalled = pass(10s);
    ASSERT_EQ(stalled.size(), 1u);
    EXPECT_EQ(stalled[0].kind, Kind::stalled);
    EXPECT_TRUE(stalled[0].acts);
    EXPECT_EQ(stalled[0].lasted, 5s);
    beats_ = true;
    const auto well = pass(1s);
    ASSERT_EQ(well.size(), 1u);
    EXPECT_EQ(describe(well[0]), "loop of tid 4711 gave a sign of life after 14950 ms");
}

TEST_F(Stalls, WhatWasDoneAboutItIsAskedForAgainWhileItLasts) {
    computes_ = true;
    pass(6s);
    const auto again = pass(2min);
    ASSERT_EQ(again.size(), 2u) << "once a minute";
    EXPECT_EQ(again[1].kind, Kind::stalled);
    EXPECT_TRUE(again[1].acts);
    EXPECT_EQ(again[1].lasted, 125s);
}

TEST_F(Stalls, EachSilenceIsJudgedByItself) {
    for (int i = 0; i < 3; ++i) {
        beats_ = false;
        EXPECT_EQ(kinds(1s), Kinds{Kind::silent});
        beats_ = true;
        EXPECT_EQ(kinds(100ms), Kinds{Kind::recovered});
    }
}

TEST_F(Stalls, WhatIsSilentAgainAndAgainIsToldOfAFewTimesAMinute) {
    std::size_t silent = 0;
    const auto hiccup = [&] {
        beats_ = false;
        for (const auto& turn : pass(400ms)) silent += turn.kind == Kind::silent ? 1 : 0;
        beats_ = true;
        pass(100ms);
    };
    for (int i = 0; i < 60; ++i) hiccup();
    EXPECT_EQ(silent, 6u);
    beats_ = true;
    pass(31s);
    beats_ = false;
    const auto next = pass(1s);
    ASSERT_EQ(next.size(), 1u);
    EXPECT_EQ(next[0].untold, 54u);
    EXPECT_TRUE(describe(next[0]).ends_with("; 54 more before were not told"));
}

TEST_F(Stalls, TimeWithoutAProcessorDoesNotCount) {
    starves_ = true;
    EXPECT_EQ(kinds(30s), Kinds{}) << "the machine is too busy, that is no fault of its";
    starves_ = false;
    computes_ = true;
    EXPECT_EQ(kinds(1s), Kinds{Kind::silent});
    EXPECT_EQ(kinds(5s), Kinds{Kind::stalled});
}

TEST_F(Stalls, OneThatHasHalfAProcessorHasTwiceTheTime) {
    computes_ = true;
    for (int i = 0; i < 90; ++i) {
        EXPECT_TRUE(i == 0 || pass(50ms).empty() || i < 20) << i;
        starves_ = !starves_;
        computes_ = !computes_;
    }
    EXPECT_LT(now_, start + 5s);
    bool stalled = false;
    while (!stalled && now_ < start + 20s) {
        for (const auto& turn : pass(50ms)) stalled = turn.kind == Kind::stalled || stalled;
        starves_ = !starves_;
        computes_ = !computes_;
    }
    EXPECT_GT(now_, start + 9s);
    EXPECT_LT(now_, start + 11s);
}

TEST_F(Stalls, NobodyIsBlamedWhileSuperdWasAway) {
    computes_ = true;
    pass(200ms);
    now_ += 1h;
    watch_.away(now_);
    EXPECT_EQ(kinds(200ms), Kinds{});
    EXPECT_EQ(kinds(1s), Kinds{Kind::silent});
    EXPECT_EQ(kinds(5s), Kinds{Kind::stalled});
}

TEST_F(Stalls, AnOldBeatOfBeforeItWasReadyDoesNotCount) {
    sample_.beat = start - 1h;
    EXPECT_EQ(kinds(200ms), Kinds{});
    sample_.beat = Instant{};
    EXPECT_EQ(kinds(200ms), Kinds{Kind::silent}) << "one that never beats is silent from the start";
}

TEST_F(Stalls, ABeatOfTheFutureIsASignOfLife) {
    sample_.beat = start + 100h;
    EXPECT_EQ(kinds(60s), Kinds{});
}

TEST_F(Stalls, AnIdleThreadOwesNoBeat) {
    sample_.kind = SlotKind::thread;
    EXPECT_EQ(kinds(1h), Kinds{});
    sample_.busy = now_;
    EXPECT_EQ(kinds(1s), Kinds{Kind::silent});
    sample_.beat = now_;
    EXPECT_EQ(kinds(50ms), Kinds{Kind::recovered}) << "it beats within its task";
    sample_.busy = Instant{};
    EXPECT_EQ(kinds(1h), Kinds{});
}

TEST_F(Stalls, AProcessIsHeldToItsBeatsOnlyWhenItGoesOnBeating) {
    sample_.kind = SlotKind::process;
    EXPECT_EQ(kinds(60s), Kinds{}) << "it beat once, when it came up";
    beats_ = true;
    pass(1s);
    beats_ = false;
    EXPECT_EQ(kinds(1s), Kinds{Kind::silent});
    sample_.done = 1;
    EXPECT_EQ(kinds(1s), Kinds{Kind::recovered}) << "it has tasks: idle, it owes nothing";
}

TEST_F(Stalls, ATaskThatLastsTooLongIsOverdueThoughItBeats) {
    rule_.task_timeout = 2s;
    sample_.kind = SlotKind::thread;
    sample_.busy = start;
    beats_ = true;
    EXPECT_EQ(kinds(1900ms), Kinds{});
    const auto overdue = pass(30s);
    ASSERT_EQ(overdue.size(), 1u);
    EXPECT_EQ(overdue[0].kind, Kind::overdue);
    EXPECT_TRUE(overdue[0].acts);
    EXPECT_EQ(overdue[0].lasted, 2s);
    EXPECT_TRUE(describe(overdue[0]).starts_with("thread of tid 4711 at one task for 2000 ms"));
    sample_.busy = now_;
    EXPECT_EQ(kinds(1s), Kinds{Kind::recovered});
    sample_.kind = SlotKind::loop;
    EXPECT_EQ(kinds(30s), Kinds{}) << "a loop's tasks are the worker's own affair";
}

TEST_F(Stalls, WhatADebuggerOrTheOperatorHoldsIsLeftInPeace) {
    rule_.task_timeout = 10s;
    sample_.kind = SlotKind::thread;
    sample_.busy = start;
    facts_ = facts('t');
    EXPECT_EQ(kinds(60s), Kinds{Kind::silent});
    facts_ = facts('S', 0ms, 0ms, "", "do_freezer_trap");
    EXPECT_EQ(kinds(60s), Kinds{});
    facts_ = facts('T');
    EXPECT_EQ(kinds(1s), (Kinds{Kind::stalled, Kind::overdue})) << "SIGSTOP is no excuse";
}

TEST_F(Stalls, ZeroMeansNever) {
    rule_ = {.warn = 0ms, .timeout = 0ms};
    EXPECT_EQ(kinds(1h), Kinds{});
    EXPECT_EQ(looked_, 0u);
    rule_.timeout = 2s;
    EXPECT_EQ(kinds(1s), Kinds{Kind::stalled}) << "silent for an hour already";
    EXPECT_EQ(kinds(50s), Kinds{});
}

TEST_F(Stalls, AnotherThreadInTheSlotIsAnotherMatter) {
    computes_ = true;
    EXPECT_EQ(kinds(4800ms), Kinds{Kind::silent});
    sample_.tid = 4712;
    facts_ = facts('R');
    EXPECT_EQ(kinds(50ms), Kinds{Kind::recovered});
    EXPECT_EQ(kinds(1s), (Kinds{Kind::silent, Kind::stalled})) << "as the page has it";
}

TEST(StallWords, NameWhatIsKnown) {
    StallTurn turn{.kind = Kind::silent, .sample = {.kind = SlotKind::loop, .tid = 7}};
    turn.lasted = 512ms;
    turn.facts = facts('S', 0ms, 0ms, "clock_nanosleep", "hrtimer_nanosleep");
    const auto said = [&](StallCause cause) {
        turn.cause = cause;
        const auto text = describe(turn);
        return text.substr(text.find(": ") + 2);
    };
    EXPECT_EQ(said(StallCause::call),
              "blocked within the loop in clock_nanosleep (hrtimer_nanosleep)");
    EXPECT_EQ(said(StallCause::lock), "it waits for a lock (hrtimer_nanosleep)");
    EXPECT_EQ(said(StallCause::disk), "it waits for a disk (hrtimer_nanosleep)");
    turn.sample.kind = SlotKind::thread;
    EXPECT_EQ(said(StallCause::computing), "it computes");
    turn.facts.call.clear();
    EXPECT_EQ(said(StallCause::call), "blocked in hrtimer_nanosleep");
    turn.wait = 0.8;
    EXPECT_EQ(said(StallCause::starved),
              "it could run and has no processor (80 % of the time): the machine is too busy");
    for (int i = 0; i <= static_cast<int>(StallCause::frozen); ++i) {
        EXPECT_FALSE(to_string(static_cast<StallCause>(i)).empty());
        EXPECT_FALSE(said(static_cast<StallCause>(i)).empty());
    }
}

TEST(StallRule, SaysHowOftenToLook) {
    EXPECT_EQ(look_every({}), 62'500us);
    EXPECT_EQ(look_every({.warn = 10ms}), 50ms);
    EXPECT_EQ(look_every({.warn = 0ms, .timeout = 0ms, .task_timeout = 0ms}), 1s);
    EXPECT_EQ(look_every({.warn = 0ms, .timeout = 2s}), 500ms);
}

}  // namespace
}  // namespace superd::core
