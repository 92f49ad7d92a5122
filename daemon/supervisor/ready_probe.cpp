// Readiness found out by asking: one probe after another until one succeeds.
#include "supervisor/probe.hpp"
#include "supervisor/probe_http.hpp"
#include "supervisor/ready_watches.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// The pauses before the first tries: most services are up within milliseconds,
// and their dependents should not wait for the next round number.
constexpr std::array first_pauses{milliseconds{1},  milliseconds{2},  milliseconds{5},
                                  milliseconds{10}, milliseconds{20}, milliseconds{50}};
// A process costs a hundred times what a connection does; exec starts here.
constexpr std::size_t exec_pauses_from = 3;

class ProbeWatch final : public ReadyWatch {
public:
    ProbeWatch(const boost::asio::any_io_executor& executor, const config::Ready& ready,
               os::SpawnPlan plan, Callback callback)
        : ReadyWatch{std::move(callback)}, ready_{ready}, plan_{std::move(plan)}, timer_{executor} {
        if (is_exec()) plan_ = asking_plan(std::move(plan_), ready_.argv, ready_mark);
        pause();
    }

    bool asks() const override { return true; }
    std::string progress() const override {
        if (tries_ == 0) return probe_name(ready_) + (probe_ ? " tried now" : " not tried yet");
        const std::string tries = tries_ == 1 ? "1 try" : std::to_string(tries_) + " tries";
        return probe_name(ready_) + " " + problem_ + ", " + tries;
    }

private:
    bool is_exec() const { return ready_.kind == config::ReadyKind::exec; }

    nanoseconds next_pause() const {
        const std::size_t position = tries_ + (is_exec() ? exec_pauses_from : 0);
        if (position >= first_pauses.size()) return ready_.every;
        return std::min<nanoseconds>(first_pauses[position], ready_.every);
    }

    void pause() {
        timer_.expires_after(
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(next_pause()));
        timer_.async_wait([this, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
            if (alive.expired() || error) return;
            probe();
        });
    }

    void probe() {
        auto done = [this](std::string problem) { judge(std::move(problem)); };
        probe_ = is_exec() ? Probe::execute(timer_.get_executor(), plan_, std::move(done))
                           : Probe::connect(timer_.get_executor(), ready_, std::move(done));
    }

    void judge(std::string problem) {
        ++tries_;
        probe_.reset();
        if (problem.empty()) return finish(true);
        problem_ = std::move(problem);
        pause();
    }

    config::Ready ready_;  // A copy: the unit may change while its run is watched.
    os::SpawnPlan plan_;
    boost::asio::steady_timer timer_;
    std::unique_ptr<Probe> probe_;
    std::size_t tries_ = 0;
    std::string problem_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::string probe_name(const config::Ready& ready) {
    using config::ReadyKind;
    if (ready.kind == ReadyKind::tcp) return "tcp " + host_and_port(ready);
    if (ready.kind == ReadyKind::http) {
        // What is asked for may have a secret in its query.
        return "http " + host_and_port(ready) + ready.path.substr(0, ready.path.find('?'));
    }
    if (ready.kind == ReadyKind::unix_socket) return "unix " + ready.path;
    return "exec " + (ready.argv.empty() ? std::string{} : ready.argv.front());
}

std::unique_ptr<ReadyWatch> watch_by_probe(const boost::asio::any_io_executor& executor,
                                           const config::Ready& ready, os::SpawnPlan plan,
                                           ReadyWatch::Callback callback) {
    return std::make_unique<ProbeWatch>(executor, ready, std::move(plan), std::move(callback));
}

}  // namespace superd::supervisor
