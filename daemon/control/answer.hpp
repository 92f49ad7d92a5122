// Carries out what can be answered at once.
#pragma once

#include "control/call.hpp"
#include "control/peer.hpp"
#include "control/response.hpp"

#include <exception>
#include <expected>
#include <optional>

namespace superd::control {

// A refusal that says who may, if `peer` may not.
std::optional<Refusal> refuse_stranger(const Call& call, const Peer& peer,
                                       const supervisor::Operations& operations);

// Has a call that changes something remembered, with who it is from. To be
// called once the call is allowed, before it is carried out.
void record_command(const Call& call, const Peer& peer, supervisor::Operations& operations);

using Targets = std::vector<supervisor::Target>;
// 404 with a suggestion if a selector selects nothing.
std::expected<Targets, Refusal> select(const Selectors& units,
                                       const supervisor::Operations& operations);

// Answers every call but those that wait or stream: ThreadsCall, ActCall, ScaleCall and WaitCall,
// EventsCall that follow, LogsCall.
Response answer_at_once(const Call& call, supervisor::Operations& operations);

// What nobody foresaw: status 500.
Response internal_error(const std::exception& error);

Response refuse_scaling(const std::string& problem);

// How a command came out: 200 when all is done, else 409.
Response to_response(const std::vector<supervisor::TargetOutcome>& outcomes);

// The state of the targets of a command that goes on: 202 when nobody wanted
// to wait, 504 when the time was up.
Response still_pending(unsigned status, const Targets& targets,
                       const supervisor::Operations& operations);

// The moment in CLOCK_REALTIME ns.
std::int64_t resolve(const Since& since);

}  // namespace superd::control
