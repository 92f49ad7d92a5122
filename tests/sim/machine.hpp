// The host as a supervisor meets it: kernel, keeper, disk, the socket by which
// services speak; and the truth about each instance, which no supervisor writes.
#pragma once

#include "tests/sim/disk.hpp"
#include "tests/sim/keeper.hpp"
#include "tests/sim/kernel.hpp"

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

namespace superd::sim {

// What a service's process says by NOTIFY_SOCKET.
struct Notice {
    enum class What : std::uint8_t { ready, ping, hung, stops, reloads, done, extends, main };
    Pid pid = 0;
    What what{};
    Pid other = 0;  // main
    Duration by{};  // extends
};

// A run as the kernel has it.
struct Life {
    RunId run = 0;
    Key owner;
    Pid pid = 0;  // Of the main process; the one in the records.
    std::uint64_t birth = 0;
    Instant made{}, ended{}, ready_at{};
    bool has_ended = false, ready = false, unstartable = false;
    bool heard = false;  // A core knows of the end.
    core::ExitStatus status;
};

class Machine final : private Kernel::Listener {
public:
    // The present supervisor.
    class Client {
    public:
        virtual void ended(const Process& process) = 0;
        virtual void ready(const Process& process) = 0;
        virtual void due(const Item& item) = 0;

    protected:
        ~Client() = default;
    };

    Machine(Pid pid_max, Instant begin, Faults all) : faults{all}, kernel{pid_max, begin, *this} {}

    // Lets happen what happens by itself until `to`.
    void pass(Instant to);
    // What it had heard and not written down the next one does not know.
    void supervisor_ended();
    // Everything of superd has been killed.
    void superd_ended();
    // Faults are over.
    void heal();

    Life& life(RunId run) { return lives_[run]; }
    // Null: no process was ever made for it.
    const Life* find(RunId run) const;
    // The last run of which a process was made; 0: none.
    RunId latest(Key key) const;
    void made(const Life& life);
    template <class Visit>
    void each_life(Visit&& visit) const {
        for (const auto& [run, life] : lives_) visit(life);
    }

    // The process is of use from now on.
    void tell_ready(Process& process) { became_ready(process); }

    // Whether its readiness is asked for by a probe, or told once.
    static bool is_probed(Key key) { return key.unit % 2 == 0; }

    Faults faults;
    Kernel kernel;
    Keeper keeper{kernel};
    Disk disk;
    std::deque<Notice> notices;
    Client* client = nullptr;
    // Of those that have been heard, which the records do not tell yet.
    std::set<RunId> unrecorded;
    // fork(2) fails until then.
    Instant forks_fail_until{};
    // Control groups: signals reach all of a tree at once.
    bool grouped = false;
    // Nothing happens by itself: for tests that choose what does.
    bool by_hand = false;
    // The wall clock, of the one that counts from the world's beginning.
    Duration ahead = std::chrono::hours{500'000};
    // The supervisor is to be started.
    bool supervisor_due = false;

private:
    void ended(const Process& process) override;
    void handle(const Item& item);
    void became_ready(Process& process);
    void speak(Process& process, std::uint32_t times);
    void hand_over(Process& process);

    std::map<RunId, Life> lives_;
    std::unordered_map<std::uint64_t, RunId> latest_;
};

}  // namespace superd::sim
