// One call that is being carried out, and what must be undone when nobody waits for it any more.
#pragma once

#include "control/answer.hpp"
#include "control/hub.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace superd::control {

// Takes every call but those whose answer is a stream: EventsCall that follow, and LogsCall.
class Errand {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    // `wake` is called when the call has come to its end; never from within begin().
    Errand(std::shared_ptr<Hub> hub, std::function<void()> wake);
    // An action goes on; nobody is called back.
    ~Errand();
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;

    // Finds out what the call is about. The answer, if it cannot be carried out.
    std::optional<Response> prepare(const Call& call);
    const Targets& targets() const { return targets_; }
    bool every_unit() const { return every_unit_; }

    // Begins what is prepared. The answer, or nothing when it has to be waited for.
    std::optional<Response> begin(const Call& call);

    bool finished() const { return outcome_->finished; }
    // When it is not waited for any longer.
    std::optional<TimePoint> deadline() const { return deadline_; }
    // How it came out; or, if it is not finished, how it stands: status 504.
    Response response() const;

private:
    // What is called back about: it may be gone by then.
    struct Outcome {
        bool finished = false, begun = false;
        std::vector<supervisor::TargetOutcome> outcomes;
        std::optional<Response> answer;  // Of what is no command: instead of `outcomes`.
        std::function<void()> wake;
        void finish();
    };

    std::uint64_t begin_action(const Call& call);
    std::optional<Response> measure(const ThreadsCall& call);

    std::shared_ptr<Hub> hub_;
    std::shared_ptr<Outcome> outcome_;
    Targets targets_;
    bool every_unit_ = false;
    std::uint64_t action_ = 0;
    std::optional<TimePoint> deadline_;
};

}  // namespace superd::control
