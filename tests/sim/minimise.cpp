#include "tests/sim/minimise.hpp"

#include "tests/sim/profile.hpp"

#include <algorithm>
#include <vector>

namespace superd::sim {
namespace {

class Minimiser {
public:
    using Run = std::function<Outcome(const Case&)>;

    Minimiser(const Case& failing, const Outcome& outcome, std::chrono::seconds patience,
              const Run& run)
        : best_{failing, outcome, 0},
          until_{std::chrono::steady_clock::now() + patience},
          run_{run} {}

    Minimal run() {
        cut();
        for (bool better = true; better && !late();) {
            better = drop_faults();
            better = drop(best_.it.without_units, units()) || better;
            better = drop(best_.it.skipped, steps()) || better;
            cut();
        }
        return best_;
    }

private:
    bool late() const { return std::chrono::steady_clock::now() >= until_; }

    bool attempt(const Case& it) {
        if (late()) return false;
        ++best_.tries;
        const Outcome outcome = run_(it);
        if (outcome.broken != best_.outcome.broken) return false;
        best_.it = it;
        best_.outcome = outcome;
        return true;
    }

    // Nothing after the step that shows it is of any use.
    void cut() {
        Case shorter = best_.it;
        shorter.steps = std::max(1u, std::min(profile_of(shorter).steps, best_.outcome.step + 1));
        shorter.ends_well = false;
        if (!attempt(shorter)) {
            shorter.ends_well = true;
            attempt(shorter);
        }
    }

    bool drop_faults() {
        bool better = false;
        for (std::size_t i = 0; i < fault_names.size(); ++i) {
            Case without = best_.it;
            const auto fault = static_cast<Fault>(i);
            if (!without.faults.has(fault)) continue;
            without.faults.drop(fault);
            better = attempt(without) || better;
        }
        return better;
    }

    std::vector<std::uint32_t> units() const {
        std::vector<std::uint32_t> left;
        for (std::uint32_t number = 1; number <= profile_of(best_.it).units; ++number) {
            if (!best_.it.without_units.contains(number)) left.push_back(number);
        }
        return left;
    }
    std::vector<std::uint32_t> steps() const {
        std::vector<std::uint32_t> left;
        for (std::uint32_t number = 0; number < profile_of(best_.it).steps; ++number) {
            if (!best_.it.skipped.contains(number)) left.push_back(number);
        }
        return left;
    }

    // Leaves out ever smaller pieces of `left`. `set` is one of best_.it.
    bool drop(std::set<std::uint32_t>& set, const std::vector<std::uint32_t>& left) {
        bool better = false;
        std::vector<std::uint32_t> rest = left;
        for (std::size_t size = std::max<std::size_t>(1, rest.size() / 2); !late();) {
            for (std::size_t at = 0; at < rest.size() && !late();) {
                const auto first = rest.begin() + static_cast<std::ptrdiff_t>(at);
                const auto last =
                    rest.begin() + static_cast<std::ptrdiff_t>(std::min(rest.size(), at + size));
                const std::set<std::uint32_t> before = set;
                set.insert(first, last);
                const Case without = best_.it;
                set = before;
                if (attempt(without)) {
                    rest.erase(first, last);
                    better = true;
                } else {
                    at += size;
                }
            }
            if (size == 1) break;
            size = std::max<std::size_t>(1, size / 2);
        }
        return better;
    }

    Minimal best_;
    std::chrono::steady_clock::time_point until_;
    const Run& run_;
};

}  // namespace

Minimal minimise(const Case& failing, const Outcome& outcome, std::chrono::seconds patience,
                 const std::function<Outcome(const Case&)>& run) {
    return Minimiser{failing, outcome, patience, run}.run();
}

}  // namespace superd::sim
