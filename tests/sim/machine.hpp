// The host as a supervisor meets it: kernel, keeper, disk, the socket by which
// services speak; and the truth about each instance, which no supervisor writes.
#pragma once

#include "tests/sim/disk.hpp"
#include "tests/sim/keeper.hpp"
#include "tests/sim/kernel.hpp"

#include <deque>
#include <vector>

namespace superd::sim {

// What a service's process says by NOTIFY_SOCKET.
struct Notice {
    enum class What : std::uint8_t { ready, ping, hung, stops, reloads, done, extends, main };
    Pid pid = 0;
    What what{};
    Pid other = 0;  // main
    Duration by{};  // extends
};

// The last run of an instance, as the kernel has it.
struct Life {
    RunId run = 0;
    std::uint32_t runs = 0;  // So many processes were made for the instance.
    Pid pid = 0;             // Of the main process; the one in the records.
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
    // Everything of superd has been killed.
    void superd_ended();
    // Faults are over.
    void heal();

    Life& life(Key key);
    // Null: there was none.
    const Life* find(Key key) const;
    template <class Visit>
    void each_life(Visit&& visit) const {
        for (std::uint32_t unit = 0; unit < lives_.size(); ++unit) {
            for (std::uint32_t index = 0; index < lives_[unit].size(); ++index) {
                visit(Key{unit, index}, lives_[unit][index]);
            }
        }
    }
    // The main process lives.
    bool runs(Key key) const;

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
    // fork(2) fails until then.
    Instant forks_fail_until{};
    // Control groups: signals reach all of a tree at once.
    bool grouped = false;
    // Nothing happens by itself: for tests that choose what does.
    bool by_hand = false;
    // The supervisor is to be started.
    bool supervisor_due = false;

private:
    void ended(const Process& process) override;
    void handle(const Item& item);
    void became_ready(Process& process);
    void speak(Process& process, std::uint32_t times);
    void hand_over(Process& process);

    std::vector<std::vector<Life>> lives_;
};

}  // namespace superd::sim
