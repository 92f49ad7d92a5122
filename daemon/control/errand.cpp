#include "control/errand.hpp"

#include <exception>
#include <utility>

namespace superd::control {

namespace {

// What a call that is waited for is about; nothing for one that is answered at once.
std::optional<Selectors> selectors_of(const Call& call) {
    if (const auto* const act = std::get_if<ActCall>(&call)) return act->units;
    if (const auto* const wait = std::get_if<WaitCall>(&call)) return wait->units;
    if (const auto* const threads = std::get_if<ThreadsCall>(&call)) return threads->units;
    const auto* const scale = std::get_if<ScaleCall>(&call);
    if (scale == nullptr) return {};
    Selectors units;
    for (const auto& each : scale->scalings) units.push_back(each.unit);
    return units;
}

// For how long; nothing for one that is not waited for.
std::optional<std::chrono::milliseconds> patience_of(const Call& call) {
    if (const auto* const wait = std::get_if<WaitCall>(&call)) return wait->timeout;
    const auto* const act = std::get_if<ActCall>(&call);
    if (act != nullptr && act->wait) return act->timeout;
    const auto* const scale = std::get_if<ScaleCall>(&call);
    if (scale != nullptr && scale->wait) return scale->timeout;
    return {};
}

}  // namespace

Errand::Errand(std::shared_ptr<Hub> hub, std::function<void()> wake)
    : hub_{std::move(hub)}, outcome_{std::make_shared<Outcome>()} {
    outcome_->wake = std::move(wake);
}

Errand::~Errand() {
    if (action_ == 0) return;
    outcome_->finished ? hub_->action_ended(action_) : hub_->end_action(action_);
}

void Errand::Outcome::finish() {
    finished = true;
    if (begun) wake();
}

std::optional<Response> Errand::prepare(const Call& call) {
    auto& operations = *hub_->operations();
    if (const auto* const scale = std::get_if<ScaleCall>(&call)) {
        const auto problem = operations.refuse_scaling(scale->scalings);
        if (!problem.empty()) return refuse_scaling(problem);
    }
    const auto units = selectors_of(call);
    if (!units) return {};
    auto targets = select(*units, operations);
    if (!targets) return to_response(targets.error());
    targets_ = std::move(*targets);
    every_unit_ = units->empty();
    return {};
}

std::optional<Response> Errand::begin(const Call& call) {
    auto& operations = *hub_->operations();
    try {
        if (const auto* const threads = std::get_if<ThreadsCall>(&call)) return measure(*threads);
        if (!selectors_of(call)) return answer_at_once(call, operations);
        const auto patience = patience_of(call);
        if (patience) deadline_ = std::chrono::steady_clock::now() + *patience;
        const auto id = begin_action(call);
        outcome_->begun = true;
        if (finished()) return response();  // At once: there is nothing to abandon.
        action_ = id;
        hub_->began_action(id);
        if (patience) return {};
        return still_pending(202, targets_, operations);
    } catch (const std::exception& error) {
        return internal_error(error);
    }
}

std::uint64_t Errand::begin_action(const Call& call) {
    auto& operations = *hub_->operations();
    const auto done =
        [weak = std::weak_ptr{outcome_}](std::vector<supervisor::TargetOutcome> outcomes) {
            const auto outcome = weak.lock();
            if (!outcome) return;
            outcome->outcomes = std::move(outcomes);
            outcome->finish();
        };
    if (const auto* const act = std::get_if<ActCall>(&call)) {
        return act->rolling ? operations.roll(*act->rolling, targets_, done)
                            : operations.act(act->action, targets_, done);
    }
    if (const auto* const scale = std::get_if<ScaleCall>(&call)) {
        return operations.scale(scale->scalings, done);
    }
    return operations.wait(std::get<WaitCall>(call).until, targets_, done);
}

std::optional<Response> Errand::measure(const ThreadsCall& call) {
    const auto told = [weak = std::weak_ptr{outcome_}](const wire::Threads& threads) {
        const auto outcome = weak.lock();
        if (!outcome) return;
        outcome->answer = Response{200, wire::serialize(threads) + "\n", json_type, {}};
        outcome->finish();
    };
    action_ = hub_->operations()->threads(targets_, call.sample, told);
    outcome_->begun = true;
    hub_->began_action(action_);
    if (finished()) return response();
    return {};
}

Response Errand::response() const {
    if (outcome_->answer) return *outcome_->answer;
    if (finished()) return to_response(outcome_->outcomes);
    return still_pending(504, targets_, *hub_->operations());
}

}  // namespace superd::control
