#include "core/connections.hpp"

#include <algorithm>

namespace superd::core {
namespace {

bool stays(const Instance& instance) {
    return instance.goal == Goal::up && !instance.removed &&
           instance.announced != Announced::stopping;
}

}  // namespace

std::vector<bool> takes_connections(const Unit& unit) {
    std::vector<bool> takes;
    takes.reserve(unit.instances.size());
    for (const Instance& each : unit.instances) {
        const bool stalled = is_stalled(each.renewal.get());
        const bool serves = each.state == State::ready && !stalled && !held(each);
        takes.push_back(stays(each) && serves);
    }
    if (std::ranges::find(takes, true) != takes.end()) return takes;
    for (std::size_t i = 0; i < takes.size(); ++i) takes[i] = stays(unit.instances[i]);
    return takes;
}

bool is_reachable(const Instance& instance) {
    if (alive(instance)) return true;
    if (instance.goal == Goal::down || instance.removed) return false;
    return instance.state == State::waiting || instance.state == State::backoff;
}

}  // namespace superd::core
