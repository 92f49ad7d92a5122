#include "bus/jobs.hpp"

#include "bus/reply.hpp"

#include <algorithm>
#include <utility>

namespace superd::bus {

namespace {

using control::Response;

bool wants_interaction(sd_bus_message* message) {
    return sd_bus_message_get_allow_interactive_authorization(message) > 0;
}

}  // namespace

control::Peer peer_of(const Client& client) {
    return {client.uid, static_cast<gid_t>(-1), client.groups, {}};
}

void Jobs::begin(Client& client, sd_bus_message* message, const Method& method,
                 control::Call call) {
    auto& operations = *hub_->operations();
    const auto peer = peer_of(client);
    const auto refusal = control::refuse_stranger(call, peer, operations);
    if (jobs_.size() >= jobs_max || client.jobs >= jobs_of_one_max ||
        (refusal && count_of(client.uid) >= jobs_of_one_max)) {
        return send_error(message, SD_BUS_ERROR_LIMITS_EXCEEDED,
                          "cannot take more calls at once: wait for some answers first");
    }
    const bool may_ask = control::right_for(call) == control::Right::change;
    if (refusal && !may_ask) return send_refusal(message, *refusal);
    const auto number = next_++;
    ++client.jobs;
    jobs_.emplace(number, std::make_unique<Job>(share(message), method, client.name, peer,
                                                std::nullopt, boost::asio::steady_timer{io_}));
    if (!refusal) return carry_out(number, call);
    Subject subject{client.name, client.uid, wants_interaction(message)};
    polkit_.ask(*link_.bus(), std::move(subject), std::move(call), operations,
                [this, number](control::Verdict verdict) { decided(number, std::move(verdict)); });
}

void Jobs::decided(std::uint64_t number, control::Verdict verdict) {
    if (find(number) == nullptr) return;  // Whoever asked has left meanwhile.
    if (!verdict) return end(number, control::to_response(verdict.error()));
    carry_out(number, *verdict);
}

void Jobs::carry_out(std::uint64_t number, const control::Call& call) {
    Job& job = *find(number);
    control::record_command(call, job.peer, *hub_->operations());
    auto& errand = job.errand.emplace(hub_, [this, number] {
        if (const Job* const ended = find(number)) end(number, ended->errand->response());
    });
    auto response = errand.prepare(call);
    if (!response) response = errand.begin(call);
    if (response) return end(number, *response);
    if (!errand.deadline()) return;
    job.deadline.expires_at(*errand.deadline());
    job.deadline.async_wait([this, number](const boost::system::error_code& error) {
        if (error) return;  // It is answered, or gone, and maybe this is too.
        if (const Job* const late = find(number)) end(number, late->errand->response());
    });
}

void Jobs::end(std::uint64_t number, const Response& response) {
    const auto at = jobs_.find(number);
    const auto job = std::move(at->second);
    jobs_.erase(at);
    if (Client* const client = clients_.find(job->client)) --client->jobs;
    send_reply(job->message.get(), job->method, response);
    link_.sent();
}

void Jobs::forget(const std::string& name) {
    std::erase_if(jobs_, [&](const auto& each) { return each.second->client == name; });
}

void Jobs::clear() { jobs_.clear(); }

std::size_t Jobs::count_of(uid_t user) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        jobs_, [&](const auto& each) { return each.second->peer.uid == user; }));
}

Jobs::Job* Jobs::find(std::uint64_t number) {
    const auto at = jobs_.find(number);
    return at == jobs_.end() ? nullptr : at->second.get();
}

}  // namespace superd::bus
