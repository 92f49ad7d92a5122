// The sockets that superd holds for units ([listen]). The keeper holds them too, so they outlive
// this process; beside each it holds a note that says what it is.
#pragma once

#include "config/unit.hpp"
#include "core/instance.hpp"
#include "os/listener.hpp"
#include "supervisor/keeper_link.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace superd::supervisor {

class Listeners {
public:
    // `index` of a socket that all instances share.
    static constexpr std::uint32_t shared = 0xffff'ffff;

    struct Socket {
        std::string name;     // "http"
        std::string address;  // As resolved for its instance.
        std::uint32_t index = shared;
        std::uint32_t number = 0;  // Its own, for the keeper.
        // Its place in the kernel's list of those that share the address; -1: not known.
        std::int32_t place = -1;
        os::Fd fd, note;
        // The runs it was given to are among these; the first after the last: it was given to none.
        core::RunId first_run = std::numeric_limits<core::RunId>::max(), last_run = 0;

        // Whether it has a place in a list, and must leave that when it is closed.
        bool is_listed() const;
        bool may_have(core::RunId run) const { return first_run <= run && run <= last_run; }
    };
    // Whom sockets are opened for.
    struct Taker {
        std::uint32_t index = 0;
        core::RunId run = 0;  // 0: none yet, it sleeps.
        std::string whose;    // For sentences.
    };
    struct Failure {
        std::string text;  // A sentence.
        bool transient = false;
    };

    explicit Listeners(KeeperLink& link) : link_{link} {}

    // Takes over what the keeper holds: any run up to `last` may have any of it. Returns the
    // names it holds them by.
    std::set<std::string> adopt(const std::set<std::string>& held, core::RunId last);

    // Opens what the instance lacks. What it has no use for any more stays: an earlier run may live
    // on it. `ours`: whether a process is a service of this superd; one that outlived all of superd
    // still has its sockets.
    std::optional<Failure> open(const config::Unit& unit, const Taker& taker,
                                const std::function<bool(pid_t)>& ours);
    // Closes those of the unit that it does not name and nobody uses.
    void close_unnamed(const config::Unit& unit, const std::function<bool(const Socket&)>& used);
    // What the instance gets, in the order of the unit's listeners.
    std::vector<const Socket*> of(const config::Unit& unit, std::uint32_t index) const;
    // All of a unit's.
    const std::vector<Socket>* find(std::string_view unit) const;

    // A service that outlived every process of superd still has the socket: it is held again.
    bool restore(const config::Unit& unit, const Taker& taker, const std::string& name, os::Fd fd);

    bool empty() const { return groups_.empty(); }
    // The names of all units that have some.
    std::vector<std::string> units() const;

    // Closes the instance's own, and with the last that is reachable those that are shared.
    void close(const std::string& unit, std::uint32_t index, bool last);

    // Sends new connections to those alone that take them.
    void steer(const std::string& unit, const std::function<bool(const Socket&)>& takes);

    // Whether new connections may come to it, by what was steered last.
    bool is_open(std::string_view unit, const Socket& socket) const;

    // How many connections wait for this instance alone.
    std::uint32_t waiting(std::string_view unit, std::uint32_t index) const;

private:
    struct Group {
        std::vector<Socket> sockets;
        // By address: what is in force.
        std::map<std::string, std::vector<std::uint16_t>> steered;
    };

    void hold(const std::string& unit, Socket& socket);
    void write_note(const std::string& unit, const Socket& socket);
    void close(const std::string& unit, Group& group, std::size_t at);
    void forget_if_empty(const std::string& unit);
    void leave_places(const std::string& unit, Group& group, const Socket& gone);
    static std::int32_t next_place(const Group& group, const Socket& joining);
    std::optional<Failure> open_one(const config::Unit& unit, const config::Listener& listener,
                                    const Taker& taker, const std::function<bool(pid_t)>& ours);

    KeeperLink& link_;
    std::map<std::string, Group, std::less<>> groups_;
    std::uint32_t next_ = 0;
};

// Where a listener of this address listens.
std::optional<os::Endpoint> endpoint_of(std::string_view address);

}  // namespace superd::supervisor
