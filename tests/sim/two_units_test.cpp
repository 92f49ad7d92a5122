// A small space whole: every order of up to six events on two units, for each
// way in which one may depend on the other, with all invariants looked at after
// each event, and everything that is wanted up at the end.
#include "tests/sim/two_units.hpp"

#include <deque>
#include <tuple>
#include <unordered_set>

#include <gtest/gtest.h>

namespace superd::sim {
namespace {

using core::DependencyKind;
using core::When;
using Way = std::vector<TwoUnits::Act>;

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t longest = 4;
#else
constexpr std::size_t longest = 6;
#endif

std::string text(const Way& way) {
    std::string all;
    for (const auto act : way) all += (all.empty() ? "" : ", ") + std::string{TwoUnits::name(act)};
    return all;
}

class Orders : public testing::TestWithParam<std::tuple<DependencyKind, When>> {
protected:
    // What is different from all that was met before is gone on with.
    void walk() {
        std::deque<Way> ways{{}};
        while (!ways.empty() && !HasFatalFailure()) {
            const Way way = std::move(ways.front());
            ways.pop_front();
            for (std::uint8_t next = 0; next < TwoUnits::acts; ++next) {
                Way longer = way;
                longer.push_back(static_cast<TwoUnits::Act>(next));
                const bool is_new = attempt(longer);
                if (is_new && longer.size() < longest) ways.push_back(std::move(longer));
            }
        }
    }

    bool attempt(const Way& way) {
        try {
            TwoUnits world{std::get<0>(GetParam()), std::get<1>(GetParam())};
            for (const auto act : way) {
                if (!world.happen(act)) return false;
            }
            ++orders_;
            if (!met_.insert(world.situation()).second) return false;
            world.come_to_rest();
            return true;
        } catch (const Violation& violation) {
            ADD_FAILURE() << violation.invariant << ": " << violation.what() << "\nafter "
                          << text(way);
            return false;
        }
    }

    std::unordered_set<std::string> met_;
    std::size_t orders_ = 0;
};

TEST_P(Orders, AllHoldThroughoutAndComeToRest) {
    walk();
    std::cout << orders_ << " orders, " << met_.size() << " situations\n";
    EXPECT_GT(met_.size(), 100u);
}

INSTANTIATE_TEST_SUITE_P(
    TwoUnits, Orders,
    testing::Combine(testing::Values(DependencyKind::needs, DependencyKind::wants,
                                     DependencyKind::after),
                     testing::Values(When::started, When::ready, When::completed)));

}  // namespace
}  // namespace superd::sim
