#include "supervisor/condition.hpp"

#include <algorithm>
#include <chrono>

namespace superd::supervisor {
namespace {

constexpr std::chrono::milliseconds between{500};
// Beyond the time after which what has not stopped is killed.
constexpr std::chrono::seconds stop_margin{15};

bool is_up(const core::Instance& instance) {
    return instance.state == core::State::ready || instance.state == core::State::completed;
}

bool has_failed(const core::Instance& instance) { return instance.state == core::State::failed; }

}  // namespace

std::string describe_condition(const core::System& system) {
    std::size_t all = 0, up = 0, failed = 0;
    for (const core::Unit* unit : system.units()) {
        if (unit->spec->type == core::UnitType::group) continue;
        ++all;
        up += std::ranges::all_of(unit->instances, is_up) ? 1 : 0;
        failed += std::ranges::any_of(unit->instances, has_failed) ? 1 : 0;
    }
    std::string text = std::to_string(up) + " of " + std::to_string(all) + " units up";
    if (failed != 0) text += ", " + std::to_string(failed) + " failed";
    return text;
}

Condition::Condition(const boost::asio::any_io_executor& executor, KeeperLink& link,
                     const core::System& system, const Definitions& definitions)
    : link_{link}, system_{system}, definitions_{definitions}, timer_{executor} {}

void Condition::begin() {
    begun_ = true;
    tell(keeper::Phase::serving);
}

void Condition::tell(keeper::Phase phase) {
    if (!begun_) return;
    if (system_.shutting_down()) phase = keeper::Phase::stopping;
    told_ = describe_condition(system_);
    link_.condition(phase, told_,
                    std::chrono::duration_cast<std::chrono::milliseconds>(
                        definitions_.settings().shutdown_timeout + stop_margin));
}

void Condition::tell_later() {
    if (!begun_ || due_) return;
    due_ = true;
    timer_.expires_after(between);
    timer_.async_wait([this](boost::system::error_code error) {
        due_ = false;
        if (!error && describe_condition(system_) != told_) tell(keeper::Phase::serving);
    });
}

}  // namespace superd::supervisor
