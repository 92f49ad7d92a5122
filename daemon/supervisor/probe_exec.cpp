// A probe that is a program: exit 0 says yes.
#include "supervisor/own_child.hpp"
#include "supervisor/probe.hpp"

#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

namespace superd::supervisor {
namespace {

namespace asio = boost::asio;

class ExecProbe final : public Probe {
public:
    ExecProbe(const asio::any_io_executor& executor, Done done)
        : executor_{executor}, done_{std::move(done)} {}

    ~ExecProbe() override {
        if (child_) child_->kill_group();
    }

    void start(const os::SpawnPlan& plan) {
        auto child = OwnChild::start(
            executor_, plan, [this, alive = std::weak_ptr{alive_}](const core::ExitStatus& status) {
                if (!alive.expired()) ended(status);
            });
        if (child) {
            child_ = std::move(*child);
            return;
        }
        asio::post(executor_,
                   [this, alive = std::weak_ptr{alive_}, problem = std::move(child.error())] {
                       if (!alive.expired()) finish(problem);
                   });
    }

private:
    void ended(const core::ExitStatus& status) {
        child_.reset();
        finish(status == core::ExitStatus{} ? "" : "ended with " + core::describe(status));
    }

    // The last thing that happens here: *this may be gone afterwards.
    void finish(std::string problem) {
        const Done done = std::exchange(done_, nullptr);
        if (done) done(std::move(problem));
    }

    asio::any_io_executor executor_;
    Done done_;
    std::shared_ptr<OwnChild> child_;  // While it is not reaped.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

os::SpawnPlan asking_plan(os::SpawnPlan of_run, std::vector<std::string> argv,
                          std::string_view mark) {
    of_run.argv = std::move(argv);
    of_run.env.push_back("SUPERD_HOOK=" + std::string{mark});
    of_run.descriptors.clear();
    of_run.sibling = false;
    return of_run;
}

std::unique_ptr<Probe> Probe::execute(const asio::any_io_executor& executor,
                                      const os::SpawnPlan& plan, Done done) {
    auto probe = std::make_unique<ExecProbe>(executor, std::move(done));
    probe->start(plan);
    return probe;
}

}  // namespace superd::supervisor
