// The keeper's word about ends: told in order to one supervisor after the other
// until it is acknowledged, and reaped then.
#pragma once

#include "tests/sim/kernel.hpp"
#include "turn/shell.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace superd::sim {

class Keeper {
public:
    static constexpr std::size_t exits_ahead = 256;

    explicit Keeper(Kernel& kernel) : kernel_{kernel} {}

    // SIGCHLD: one of its children is a zombie.
    void ended(Pid pid) { untold_.push_back(pid); }
    bool has_news() const { return !untold_.empty() && told_.size() < exits_ahead; }
    // What the supervisor reads from the link now: `most` messages or less.
    std::vector<turn::ToldExit> tell(std::size_t most);
    // Reaps, after showing each; false: this supervisor was told nothing of the kind.
    template <class Show>
    bool acknowledge(Pid last, std::size_t count, Show&& show) {
        const auto found = std::ranges::find(told_, last);
        const auto before = static_cast<std::size_t>(found - told_.begin());
        if (found == told_.end() || before + 1 < count) return false;
        const auto first = found + 1 - static_cast<std::ptrdiff_t>(count);
        for (auto each = first; each <= found; ++each) {
            show(*each);
            kernel_.reap(*each);
        }
        told_.erase(first, found + 1);
        return true;
    }
    // The next one is told everything that is not reaped.
    void supervisor_ended();
    void begin_anew();

    bool stop_asked = false;  // Told to each supervisor.
    bool restarted = false;   // It had one before.
    std::uint32_t lives = 0;  // So many keepers have ended.

private:
    Kernel& kernel_;
    std::deque<Pid> untold_;
    std::vector<Pid> told_;
};

}  // namespace superd::sim
