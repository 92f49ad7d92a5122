#include "tests/sim/keeper.hpp"

namespace superd::sim {

std::vector<turn::ToldExit> Keeper::tell(std::size_t most) {
    std::vector<turn::ToldExit> exits;
    while (has_news() && exits.size() < most) {
        const Pid pid = untold_.front();
        untold_.pop_front();
        told_.push_back(pid);
        exits.push_back({.pid = pid, .status = kernel_.find(pid)->status});
    }
    return exits;
}

void Keeper::supervisor_ended() {
    untold_.insert(untold_.begin(), told_.begin(), told_.end());
    told_.clear();
    restarted = true;
}

void Keeper::begin_anew() {
    untold_.clear();
    told_.clear();
    restarted = false;
    stop_asked = false;
    ++lives;
}

}  // namespace superd::sim
