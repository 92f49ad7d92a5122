// What the simulation owes who uses it: the same again for the same case, and
// a small one for one that fails.
#include "tests/sim/case.hpp"

#include "tests/sim/guarded.hpp"
#include "tests/sim/minimise.hpp"
#include "tests/sim/profile.hpp"

#include <gtest/gtest.h>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

TEST(Cases, TheSameCaseDoesTheSameAgain) {
    const Case it{.seed = 3, .steps = 400};
    const Outcome first = run_case(it, false, nullptr), again = run_case(it, false, nullptr);
    EXPECT_EQ(first.digest, again.digest);
    EXPECT_EQ(first.events, again.events);
    EXPECT_GT(first.events, 100u);
}

// Invariant 13: clocks may jump. Nothing depends on where they began.
TEST(Cases, NothingDependsOnTheMomentAtWhichItBegins) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Case it{.seed = seed, .steps = 300};
        const Outcome first = run_case(it, false, nullptr);
        it.shifted = true;
        EXPECT_EQ(first.digest, run_case(it, false, nullptr).digest) << "seed " << seed;
    }
}

TEST(Cases, AnotherSeedDoesSomethingElse) {
    const Outcome first = run_case({.seed = 3, .steps = 300}, false, nullptr);
    EXPECT_NE(first.digest, run_case({.seed = 4, .steps = 300}, false, nullptr).digest);
}

TEST(Cases, OneThatFailsIsMadeSmallAndFailsInTheSameWay) {
    const auto run = [](const Case& it) {
        Outcome outcome;
        const bool fails = it.faults.has(Fault::deaf) && !it.skipped.contains(57) &&
                           !it.skipped.contains(31) && !it.without_units.contains(1) &&
                           profile_of(it).steps > 57;
        if (fails) outcome.broken = "it", outcome.step = 57;
        return outcome;
    };
    const Case failing{.seed = 1, .steps = 2000};
    const Minimal minimal = minimise(failing, run(failing), 60s, run);
    EXPECT_EQ(minimal.outcome.broken, "it");
    EXPECT_EQ(minimal.it.steps, 58u);
    EXPECT_FALSE(minimal.it.ends_well);
    EXPECT_EQ(ranges(minimal.it.skipped), "0-30,32-56");
    EXPECT_TRUE(minimal.it.faults.has(Fault::deaf));
    EXPECT_EQ(minimal.it.faults.missing().find("deaf"), std::string::npos);
    EXPECT_FALSE(minimal.it.faults.has(Fault::keeper));
    EXPECT_EQ(minimal.it.without_units.size(), profile_of(failing).units - 1);
}

TEST(Cases, AreWrittenAsACommandThatReadsBack) {
    std::set<std::uint32_t> numbers;
    EXPECT_TRUE(parse_ranges("0-3,7,9-9", numbers));
    EXPECT_EQ(ranges(numbers), "0-3,7,9");
    EXPECT_TRUE(parse_ranges("", numbers));
    EXPECT_FALSE(parse_ranges("3-1", numbers));
    EXPECT_FALSE(parse_ranges("x", numbers));
    EXPECT_FALSE(parse_ranges("1;2", numbers));
    Case it{.seed = 9, .steps = 40, .ends_well = false};
    it.faults.drop(Fault::keeper);
    it.skipped = {1, 2, 3};
    EXPECT_EQ(command_of(it), "sim --seed 9 --steps 40 --without keeper --skip 1-3 --no-rest");
}

TEST(Cases, WhatEndsTheProcessIsAnOutcomeLikeAnyOther) {
    Progress* progress = nullptr;
    const pid_t pid = begin_guarded(progress, true, [](Progress&) { std::abort(); });
    EXPECT_EQ(end_guarded(pid, *progress).broken, "an assertion");
}

}  // namespace
}  // namespace superd::sim
