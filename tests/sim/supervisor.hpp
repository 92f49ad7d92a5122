// A supervisor on the simulated machine: the real core, the real turn and the
// real take-over, with as much of a shell as daemon/supervisor has of it. It may
// be killed at any call of its shell.
#pragma once

#include "tests/sim/look.hpp"
#include "tests/sim/scene.hpp"
#include "turn/timer_book.hpp"
#include "turn/turn.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace superd::sim {

// What goes through the supervisor at the moment of its death.
struct Killed {};

class Supervisor final : public turn::Shell, private Machine::Client {
public:
    Supervisor(Scene& scene, Rng random);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    // It dies at its so manieth call from now on.
    void kill_after(std::uint32_t calls) { kill_in_ = calls; }
    // Takes over, or begins anew.
    void start();
    // Handles everything that waits for it.
    void work();
    bool has_work() const;
    // An instance's, or the one of all timed runs.
    std::optional<Instant> next_timer();
    // superd has stopped.
    bool concluded() const { return concluded_; }
    const core::System& system() const { return system_; }

    void happen(core::Event event);
    // Another configuration; true: what differs in more than its rules is started again.
    void reload(std::vector<core::SharedSpec> specs, bool restarts);
    void shut_down();
    void command(const Command& command, const core::Event& event);
    const std::unordered_map<core::CommandId, Command>& commands() const { return commands_; }
    // Tells again what is known already, and what is about an earlier run: empty, or
    // what that has led to.
    std::string repeat(Rng random);

private:
    struct Row {
        std::uint32_t slot = 0;
        std::int64_t cloned_ns = 0;
        bool stranger = false;
        RunId watched = 0;         // Its readiness is awaited.
        std::uint64_t checks = 0;  // Number of the checks that are under way.
    };
    struct Checked {
        core::InstanceId instance;
        RunId run = 0;
    };
    // A hook that runs; none: it is waited until nothing waits for the run.
    struct Running {
        core::InstanceId instance;
        RunId run = 0;
        core::Hook hook = core::Hook::none;
        bool ok = true;
    };
    struct StrangerEnd {
        Pid pid = 0;
        std::uint64_t birth = 0;
        std::optional<core::ExitStatus> status;
    };
    struct Inheritance;
    using Message = std::variant<core::Event, StrangerEnd>;

    // supervisor.cpp
    void settle();
    void tick();
    void hear_services();
    void take_messages();
    void fire_timers();
    void open_mail();
    void heed(const Notice& notice);
    core::InstanceId stranger(Pid pid);
    void change_main(core::InstanceId id, const Notice& notice);
    void limit_shut_down();
    void kill_what_is_left();
    void conclude();
    void add(core::Event event);
    void show(const core::Event& event);
    core::Event answer(core::Event event);
    bool is_present(core::InstanceId id, RunId run) const;
    Row& row(core::InstanceId id);
    void swap(core::InstanceId id);
    core::Exited recorded(core::InstanceId id, const core::ExitStatus& status);
    core::Exited judged(core::InstanceId id, const core::ExitStatus& status);

    // effects.cpp: turn::Shell
    core::Instant now() const override { return scene_.now(); }
    void carry_out(const core::Effect& effect) override;
    std::optional<core::SpawnFailed> prepare(const core::Spawn& spawn) override;
    std::optional<core::Event> clone(const core::Spawn& spawn) override;
    core::SpawnFailed give_up(const core::Spawn& spawn) override;
    bool write(core::InstanceId id, const core::Unit& unit,
               const core::Instance& instance) override;
    std::optional<core::Exited> record(const turn::ToldExit& told) override;
    void publish() override;
    void acknowledge(std::int32_t last, std::size_t count) override;
    void going_on(const core::Exited& exited) override;
    void hear() override;
    bool look() override;
    void finish() override;
    void perform(const core::Effect& effect);
    void await_ready(core::InstanceId id, RunId run);
    void start_checks(core::InstanceId id, RunId run);
    void set_frozen(const core::SetFrozen& effect);
    void run_hook(const Running& running);
    void cancel_hook(RunId run, core::Hook hook);
    void hook_ended(const Item& item);
    void forget(const core::Forget& effect);
    void write_header();
    std::uint32_t allocate();
    Subject subject(core::InstanceId id, RunId run) const;

    // Machine::Client
    void ended(const Process& process) override;
    void ready(const Process& process) override;
    void due(const Item& item) override;

    // take_over.cpp
    void inherit(Inheritance& from);
    void judge(Inheritance& from);
    void take_over(Inheritance& from);
    void adopt_rows(Inheritance& from);
    void begin_anew();

    Scene& scene_;
    Machine& machine_;
    Rng random_;
    core::System system_;
    turn::TimerBook timers_;
    Look trees_;
    turn::Turn turn_;
    std::unordered_map<std::uint64_t, Row> rows_;
    std::vector<core::InstanceId> by_pid_;  // unit 0: nobody's.
    std::vector<std::uint32_t> free_slots_;
    std::vector<Message> mail_;
    std::vector<std::pair<Pid, std::uint64_t>> strangers_;  // Watched by pidfd, with their births.
    std::vector<std::pair<RunId, core::ExitStatus>> unpublished_;
    std::unordered_map<std::uint64_t, Checked> checked_;
    std::map<std::uint64_t, Running> hooks_;
    std::uint64_t next_hook_;
    std::uint64_t next_checks_;  // Of no earlier supervisor: what that has planned is not ours.
    std::unordered_map<core::CommandId, Command> commands_;
    std::vector<Pid> exec_failures_;
    std::optional<std::int32_t> ending_;
    std::uint32_t kill_in_ = 0;
    Instant kill_all_at_{}, schedule_at_{};
    std::vector<core::Event> recent_;  // The last ones about processes, round and round.
    std::size_t next_recent_ = 0;
    bool more_ = false, all_down_ = false, concluded_ = false;
};

}  // namespace superd::sim
