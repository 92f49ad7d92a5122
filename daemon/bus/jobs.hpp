// Calls of clients that are being carried out.
#pragma once

#include "bus/clients.hpp"
#include "bus/link.hpp"
#include "bus/method.hpp"
#include "bus/polkit.hpp"
#include "control/errand.hpp"
#include "control/hub.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::bus {

// The peer that the control API knows such a client as. `ask` is left empty.
control::Peer peer_of(const Client& client);

class Jobs {
public:
    static constexpr std::size_t jobs_max = 1024;
    // Of a client; and of all clients of a user about whom polkit has to be asked, for how long
    // that takes may be up to the user.
    static constexpr std::size_t jobs_of_one_max = 256;

    Jobs(boost::asio::io_context& io, Link& link, Clients& clients, Polkit& polkit,
         std::shared_ptr<control::Hub> hub)
        : io_{io}, link_{link}, clients_{clients}, polkit_{polkit}, hub_{std::move(hub)} {}

    // Carries out `call`, if the client may, and answers the message, now or later.
    void begin(Client& client, sd_bus_message* message, const Method& method, control::Call call);

    // The client has left: what it waits for is given up, what it has not been allowed yet never
    // happens.
    void forget(const std::string& name);
    void clear();
    std::size_t size() const { return jobs_.size(); }

private:
    struct Job {
        Message message;
        const Method& method;
        std::string client;
        control::Peer peer;
        std::optional<control::Errand> errand;
        boost::asio::steady_timer deadline;
    };

    void carry_out(std::uint64_t number, const control::Call& call);
    void decided(std::uint64_t number, control::Verdict verdict);
    void end(std::uint64_t number, const control::Response& response);
    Job* find(std::uint64_t number);
    std::size_t count_of(uid_t user) const;

    boost::asio::io_context& io_;
    Link& link_;
    Clients& clients_;
    Polkit& polkit_;
    std::shared_ptr<control::Hub> hub_;
    std::map<std::uint64_t, std::unique_ptr<Job>> jobs_;
    std::uint64_t next_ = 1;
};

}  // namespace superd::bus
