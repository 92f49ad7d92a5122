// Who is on the bus and has asked something: each by its unique name, until it leaves.
#pragma once

#include "bus/handle.hpp"
#include "bus/pending_call.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace superd::bus {

struct Client {
    std::string name;  // ":1.42"; never used again by the bus.
    uid_t uid = static_cast<uid_t>(-1);
    std::vector<gid_t> groups;
    bool known = false;       // uid and groups are.
    bool subscribed = false;  // It wants signals.
    std::size_t jobs = 0;     // Calls of it that are not answered yet.
};

// The bus is asked for a client's credentials, which it has from the kernel, before anything of the
// client's is looked at; and to tell when the client leaves.
class Clients {
public:
    struct Handlers {
        std::function<void(Client& client, sd_bus_message* message)> message;
        std::function<void(const std::string& name)> gone;
    };
    // So many are remembered that want nothing at the moment.
    static constexpr std::size_t idle_max = 128;
    // Messages that wait for credentials.
    static constexpr std::size_t waiting_max = 1024;

    explicit Clients(Handlers handlers) : handlers_{std::move(handlers)} {}

    // Hands the message on, now or once its sender is known.
    void take(sd_bus& bus, sd_bus_message* message);
    Client* find(const std::string& name);
    std::vector<std::string> subscribers() const;
    // All are gone, with the bus.
    void clear();
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        Clients* all = nullptr;
        Client client;
        std::vector<Message> waiting;
        Slot watch;
        std::uint64_t used = 0;
    };

    static int on_left(sd_bus_message* message, void* entry, sd_bus_error* error);

    void meet(sd_bus& bus, Entry& entry);
    void know(const std::string& name, sd_bus_message* answer);
    void forget(const std::string& name);
    void forget_idle();

    Handlers handlers_;
    PendingCalls questions_;
    std::map<std::string, Entry> entries_;
    std::size_t waiting_ = 0;
    std::uint64_t clock_ = 0;
};

// Reads what GetConnectionCredentials answered; false: it did not tell the uid.
bool read_credentials(sd_bus_message* answer, Client& client);

}  // namespace superd::bus
