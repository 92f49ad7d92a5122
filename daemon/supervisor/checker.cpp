#include "supervisor/checker.hpp"

#include "config/instance_text.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/probe.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {
namespace {

using Clock = std::chrono::steady_clock;

// Until it has passed once: who waits for a service to come up asks more often.
constexpr core::Duration starting_every = std::chrono::seconds{1};

// One check. Its tries never overlap; each begins `every` after the last began.
class Single {
public:
    using Tell = std::function<void(std::string problem)>;

    Single(const boost::asio::any_io_executor& executor, core::CheckSpec spec, config::Ready way,
           const os::SpawnPlan& plan, Tell tell)
        : spec_{std::move(spec)}, way_{std::move(way)}, timer_{executor}, tell_{std::move(tell)} {
        if (way_.kind != config::ReadyKind::exec) return;
        plan_ = asking_plan(plan, way_.argv, check_mark);
    }

    void begin(core::Instant ready_at) {
        at(std::max(ready_at + spec_.start_after, now()), [this] { ask(); });
    }

private:
    // One at a time: the next try, or the end of this one.
    void at(core::Instant moment, std::function<void()> then) {
        timer_.expires_at(
            Clock::time_point{std::chrono::ceil<Clock::duration>(moment.time_since_epoch())});
        timer_.async_wait([then = std::move(then),
                           alive = std::weak_ptr{alive_}](boost::system::error_code error) {
            if (!alive.expired() && !error) then();
        });
    }

    void ask() {
        begun_ = now();
        auto done = [this](std::string problem) { judge(std::move(problem)); };
        if (way_.kind != config::ReadyKind::exec) {
            probe_ = Probe::connect(timer_.get_executor(), way_, std::move(done), spec_.timeout);
            return;
        }
        probe_ = Probe::execute(timer_.get_executor(), plan_, std::move(done));
        at(begun_ + spec_.timeout, [this, this_try = tries_] {
            if (this_try == tries_) judge("does not end");
        });
    }

    void judge(std::string problem) {
        ++tries_;
        probe_.reset();
        passed_ = passed_ || problem.empty();
        const core::Duration pause = passed_ ? spec_.every : std::min(spec_.every, starting_every);
        at(std::max(begun_ + pause, now()), [this] { ask(); });
        // A copy: what is told may destroy us, and with us itself.
        const Tell tell = tell_;
        tell(std::move(problem));
    }

    core::CheckSpec spec_;  // A copy, as the unit may change while its run is checked.
    config::Ready way_;
    os::SpawnPlan plan_;
    boost::asio::steady_timer timer_;
    Tell tell_;
    std::unique_ptr<Probe> probe_;
    core::Instant begun_{};
    std::uint64_t tries_ = 0;  // That have ended.
    bool passed_ = false;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

class AllChecks final : public Checker {
public:
    AllChecks(const boost::asio::any_io_executor& executor, const config::Unit& unit,
              std::uint32_t index, core::Instant ready_at, const os::SpawnPlan& plan,
              const Tell& tell) {
        for (std::uint32_t i = 0; i < unit.checks.size(); ++i) {
            auto told = [tell, i](std::string problem) { tell(i, std::move(problem)); };
            checks_.push_back(std::make_unique<Single>(executor, unit.spec.checks[i],
                                                       config::for_instance(unit.checks[i], index),
                                                       plan, std::move(told)));
            checks_.back()->begin(ready_at);
        }
    }

private:
    std::vector<std::unique_ptr<Single>> checks_;
};

}  // namespace

std::unique_ptr<Checker> Checker::make(const boost::asio::any_io_executor& executor,
                                       const config::Unit& unit, std::uint32_t index,
                                       core::Instant ready_at, const os::SpawnPlan& plan,
                                       Tell tell) {
    return std::make_unique<AllChecks>(executor, unit, index, ready_at, plan, tell);
}

}  // namespace superd::supervisor
