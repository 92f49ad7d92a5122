// The shell around the core: carries out its effects and feeds it events. An
// `if` about policy in here is in the wrong place.
//
// All of it runs on one thread. Whatever happens becomes an event of `turn_`,
// which has the order in which everything is done (turn/turn.hpp).
#pragma once

#include "supervisor/accepted.hpp"
#include "supervisor/commands.hpp"
#include "supervisor/condition.hpp"
#include "supervisor/definitions.hpp"
#include "supervisor/demand_watch.hpp"
#include "supervisor/fd_store.hpp"
#include "supervisor/history.hpp"
#include "supervisor/hook_jobs.hpp"
#include "supervisor/journal.hpp"
#include "supervisor/keeper_link.hpp"
#include "supervisor/launcher.hpp"
#include "supervisor/limiter.hpp"
#include "supervisor/listeners.hpp"
#include "supervisor/load.hpp"
#include "supervisor/log.hpp"
#include "supervisor/logger_link.hpp"
#include "supervisor/note.hpp"
#include "supervisor/notify.hpp"
#include "supervisor/operations.hpp"
#include "supervisor/pages.hpp"
#include "supervisor/pid_watch.hpp"
#include "supervisor/readers.hpp"
#include "supervisor/records.hpp"
#include "supervisor/setting.hpp"
#include "supervisor/spawn_slot.hpp"
#include "supervisor/status.hpp"
#include "supervisor/table.hpp"
#include "supervisor/templates.hpp"
#include "supervisor/thread_survey.hpp"
#include "supervisor/timer_store.hpp"
#include "supervisor/timers.hpp"
#include "supervisor/trees.hpp"
#include "supervisor/underway.hpp"
#include "supervisor/user_names.hpp"
#include "supervisor/wall_clock.hpp"
#include "supervisor/worker_watch.hpp"
#include "turn/turn.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

class Supervisor final : public Operations, private turn::Shell {
public:
    using Setting = SupervisorSetting;
    // What start() finds out.
    struct Inheritance;

    Supervisor(boost::asio::io_context& io, Setting setting, Log& log);
    ~Supervisor() override;

    // Takes over what runs, or begins with the configuration on disk. False:
    // there is none that is valid; all is said, and the keeper knows.
    bool start();
    // Everything that start() brought up is to go its way: io.run() next.
    void go();
    // [bus] address, of the configuration in force.
    const std::string& bus_address() const { return definitions_.settings().bus; }
    // For the end of the process, once io.run() has returned.
    int exit_code() const { return exit_code_; }

    // operations.cpp
    Selected select(const std::vector<std::string>& selectors) const override;
    wire::Status status(const std::vector<Target>& targets, Detail detail) const override;
    wire::Summary summary(const std::vector<Target>& targets) const override;
    wire::Graph graph(const std::vector<Target>& targets) const override;
    wire::Explanations why(const std::vector<Target>& targets) const override;
    // healthy.cpp
    wire::Health health(core::Probe probe, const std::vector<Target>& targets) const override;
    wire::Tasks tasks(const std::vector<Target>& targets) const override;
    std::uint64_t threads(const std::vector<Target>& targets, std::chrono::milliseconds sample,
                          ThreadsTold told) override;
    void commanded(const Commanded& command) override;
    std::uint64_t act(Action action, const std::vector<Target>& targets, Done done) override;
    std::uint64_t roll(const Rolling& rolling, const std::vector<Target>& targets,
                       Done done) override;
    void abandon(std::uint64_t id) override;
    // scaling.cpp
    std::string refuse_scaling(const std::vector<Scaling>& scalings) const override;
    std::uint64_t scale(const std::vector<Scaling>& scalings, Done done) override;
    // upgrading.cpp
    std::vector<Part> parts() const override;
    std::string upgrade() override;
    // enabling.cpp
    Enabled enable(const std::vector<Target>& targets, Enabling how) override;
    std::uint64_t wait(Until until, const std::vector<Target>& targets, Done done) override;
    std::string signal(const std::vector<Target>& targets, int number, bool tree) override;
    wire::Plan plan() override;
    wire::Plan reload() override;
    wire::Plan apply(const std::optional<Rolling>& rolling) override;
    std::string events_since(std::int64_t since_ns,
                             const std::vector<Target>& targets) const override;
    std::uint64_t subscribe(EventSink sink) override;
    void unsubscribe(std::uint64_t id) override;
    std::string serve_logs(const LogQuery& query, os::Fd client) override;
    bool may_read(uid_t uid, gid_t gid) const override;
    bool may_change(uid_t uid) const override;

private:
    // supervisor.cpp: the loop, and what its turns want done.
    void happen(core::Event event);
    void settle();
    void settle_later();
    core::Instant now() const override;
    void carry_out(const core::Effect& effect) override;
    bool write(core::InstanceId id, const core::Unit& unit,
               const core::Instance& instance) override;
    void hear() override;
    bool look() override;
    void finish() override;
    void changed(const core::Changed& effect);
    void forget(const core::Forget& effect);
    Trees::Subject subject(core::InstanceId id, core::RunId run) const;
    std::string group_of(core::InstanceId id) const;
    std::string group_name(const std::string& unit, core::InstanceId id) const;
    std::string unit_name(core::UnitId id) const;  // Of one that is forgotten, too.
    turn::RecordsHeader header() const;
    void write_header();
    std::string name_of(core::InstanceId id) const;
    // surveying.cpp
    std::vector<pid_t> processes(core::InstanceId id) const;
    void add_slots(core::InstanceId id, wire::InstanceThreads& out) const;
    void on_tree(core::Event event);

    // keeper.cpp: what the keeper says.
    void listen();
    void on_link();
    void take_messages(std::chrono::microseconds patience);
    void take(const keeper::Message& message);
    void on_exited(const std::vector<turn::ToldExit>& exits);
    void on_signal(int number);
    std::optional<core::InstanceId> stranger(pid_t pid) const;
    void on_stranger_end(pid_t pid, std::optional<int> status);
    // An exit on its way to the core: what it means, and that written to the journal.
    core::Exited judged(core::InstanceId id, const core::ExitStatus& told);
    core::Exited recorded(core::InstanceId id, const turn::ToldExit& told);
    std::optional<core::Exited> record(const turn::ToldExit& told) override;
    void acknowledge(std::int32_t last, std::size_t count) override;
    void going_on(const core::Exited& exited) override;
    void beat();
    void beat_if_late();

    // spawning.cpp
    std::optional<core::SpawnFailed> prepare(const core::Spawn& spawn) override;
    core::SpawnFailed give_up(const core::Spawn& spawn) override;
    std::optional<core::Event> clone(const core::Spawn& spawn) override;
    core::SpawnFailed spawn_failed(core::InstanceId id, core::RunId run, std::string error,
                                   bool transient);
    void give_descriptors(const config::Unit& unit, core::InstanceId id, os::SpawnPlan& plan) const;
    void prepare_readiness(const config::Unit& unit, core::InstanceId id, core::RunId run,
                           os::SpawnPlan& plan, os::Fd& writer);

    // listening.cpp
    std::optional<core::SpawnFailed> open_listeners(const core::Spawn& spawn,
                                                    const config::Unit& unit);
    void tend_listeners(core::InstanceId id, const std::string& unit);
    void tend_all_listeners();
    void restore_listeners(core::InstanceId id, pid_t pid, const os::Fd& pidfd);
    std::optional<Listeners::Failure> open_for(const core::Spawn& spawn, const config::Unit& unit);
    void await_demand(core::InstanceId id);
    void begin_drain(const core::Drain& effect);
    void look_at_drains();

    // grouping.cpp, out_of_memory.cpp, freezing.cpp: instances in their control groups.
    void join_group(core::InstanceId id, const config::Unit& unit, os::SpawnPlan& plan);
    void renew_limits(const std::string& unit);
    void adopt_groups();
    void warn_of_limits_missing();
    void leave_group(const std::string& group);
    std::optional<os::CgroupUsage> group_usage(core::InstanceId id) const;
    void on_group_fact(const Groups::Changed& changed);
    bool killed_for_memory(core::InstanceId id);
    std::string why_out_of_memory(core::InstanceId id) const;
    void look_at_kills_later(core::RunId run);
    void look_at_kills();
    void tell_kills(core::InstanceId id, core::RunId run, std::uint64_t kills);
    void set_frozen(const core::SetFrozen& effect);
    void freeze_changed(const core::FreezeChanged& effect);
    void look_at_freeze(core::InstanceId id, core::RunId run);
    void settle_freezes(Inheritance& from);

    // hooking.cpp
    void run_hook(const core::RunHook& effect);
    void cancel_hook(const core::CancelHook& effect);
    void start_hooks();
    std::optional<std::string> start_hook(const DueHook& due);
    void hook_ended(HookJobs::End end);
    void hook_told(const core::HookTold& effect);
    void crashed(const core::Crashed& effect);
    void tell_crash(core::RunId run);
    void end_interrupted_hooks(const Inheritance& from) const;
    bool hooks_idle() const;

    // hosting.cpp
    std::optional<core::SpawnFailed> prepare_worker(const core::Spawn& spawn,
                                                    const config::Unit& unit);
    void watch_loads();
    void look_at_loads();
    void look_at_load(const config::Unit& unit, LoadMeter& meter);

    // templating.cpp
    Templates::Handlers template_handlers();
    std::map<core::RunId, pid_t> adopt_templates(const Inheritance& from);
    void tend_templates();
    void renew_templates(const std::vector<Target>& targets);
    bool ask_template(const core::Spawn& spawn);
    void worker_made(core::RunId run, pid_t pid);
    void worker_unmade(core::RunId run);
    Templates::Started start_template(const TemplateProcess::Identity& identity, int socket);
    void template_ended(const TemplateProcess::Identity& identity);

    // watching.cpp
    void watch_page(core::InstanceId id, core::RunId run);
    void adopt_pages(Inheritance& from);
    void tend_watch(core::InstanceId id, const core::Instance& instance);
    void renew_watches();
    void stall_told(const WorkerWatch::Told& told);
    // Adds to a run's end what its worker noted.
    void add_crash(core::InstanceId id, wire::Event& event) const;

    // readiness.cpp
    void begin_watch(core::InstanceId id, core::RunId run);
    void end_watch(core::InstanceId id);
    void on_logger(logger::Reply reply);
    void on_tail(logger::Tail tail);
    logger::Open describe_log(core::InstanceId id) const;

    // notified.cpp
    void hear_services();
    void on_notify(NotifyMessage message);
    const core::InstanceId* tree_of(pid_t pid) const;
    void heed(core::InstanceId id, core::RunId run, const config::Unit& unit,
              NotifyMessage message);
    void set_said(core::InstanceId id, const NotifyFields& fields);
    void store_descriptors(core::InstanceId id, std::size_t most, NotifyMessage& message);
    void change_main(core::InstanceId id, core::RunId run, const NotifyMessage& message);

    // rolling.cpp: two runs of one instance, and what is measured of them.
    void swapped(const core::Swapped& effect);
    void roll_told(const core::RollTold& effect);
    std::uint32_t store_slot(core::InstanceId id);
    void measure_later();
    void measure();

    // liveness.cpp
    void begin_checks(core::InstanceId id, core::RunId run);
    void end_checks(core::InstanceId id);
    void check_turned(const core::CheckTurned& effect);
    void watchdog_told(core::InstanceId id, core::RunId run, const NotifyFields& fields);

    // scheduling.cpp
    void tell_clock();
    void arm_schedule(const core::ArmSchedule& effect);
    void timer_told(const core::TimerTold& effect);
    void recall_timers(const std::map<TimerStore::Key, TimerStore::Entry>& past);
    void remember_timer(core::InstanceId id);

    // adopting.cpp
    void inherit(Inheritance& from);
    bool load_configuration(Inheritance& from);
    void judge(Inheritance& from);
    void begin_fresh(Inheritance& from);
    void take_over(Inheritance& from);
    void adopt_rows(Inheritance& from);
    void adopt_logs(Inheritance& from);
    std::uint32_t home_of_descriptors(const Inheritance& from, std::uint32_t slot) const;
    void release_leftovers(Inheritance& from);

    // managed.cpp: for a service manager.
    bool parks() const { return (welcome_.manager & keeper::parks) != 0; }
    void hold_pidfd(core::RunId run, pid_t pid);
    void detach();
    void detach_if_done();

    // reloading.cpp
    wire::Plan change(bool restarts, const std::optional<Rolling>& rolling);
    wire::Plan take_in(bool restarts, const std::optional<Rolling>& rolling);
    wire::Plan refuse(const config::Diagnostics& diagnostics);
    void put_in_force(config::Configuration next, const std::vector<config::Change>& changes,
                      bool restarts, const std::optional<Rolling>& rolling);
    void settings_changed();
    void warn_of_limits();
    void write_accepted(const Accepted& accepted);

    // publishing.cpp
    void note(Note note);
    void flush_notes();
    void publish() override;
    void append(wire::Event event);
    std::string blocker_of(core::UnitId id) const;  // By name; empty: none.
    std::string history_file() const;
    void save_history();
    void say_how_it_ended(const Note& note);
    void announce();
    void say(std::string text);  // An event about superd itself.
    void complain(const Error& error);

    // ending.cpp
    void shut_down();
    void on_essential_lost(const core::ShuttingDown& effect);
    void limit_shut_down();
    void kill_all();
    void end_if_done();
    void conclude();
    void remove_groups();
    void end(int code);

    boost::asio::io_context& io_;
    Setting setting_;
    Log& log_;
    KeeperLink link_;
    LoggerLink logger_;
    RunLogs logs_;
    Definitions definitions_;
    core::System system_;
    Table table_;
    History history_;
    WorkerWatch watch_;
    StatusView view_;
    Commands commands_;
    Timers timers_;
    WallClock wall_clock_;
    TimerStore timer_store_;
    PidWatch strangers_;
    FdStore fd_store_;
    Listeners listeners_;
    Pages pages_;
    Templates templates_;
    Preloading preloading_;
    DemandWatch demand_;
    std::map<std::string, LoadMeter> loads_;  // Of the units that superd scales, or puts to sleep.
    // Instances that are emptying their queues, and how often in a row none waited.
    std::vector<std::pair<core::Drain, int>> drains_;
    std::optional<Records> records_;
    std::optional<SpawnSlot> spawn_slot_;
    std::optional<Journal> journal_;
    std::optional<Launcher> launcher_;
    std::unique_ptr<Groups> groups_;
    Limiter limiter_;
    std::set<core::RunId> kills_due_;  // Runs in whose groups the kernel has killed.
    std::optional<Trees> trees_;
    ThreadSurvey survey_;
    Condition condition_;
    std::optional<NotifySocket> notify_;
    Readers readers_;
    HookJobs hook_jobs_;
    std::deque<DueHook> due_hooks_;
    std::map<core::RunId, std::unique_ptr<UntoldCrash>> untold_crashes_;
    std::uint64_t last_hook_log_ = 0;
    UserNames users_;
    std::string scope_, boot_;
    keeper::Message welcome_;
    bool going_ = false;
    bool reload_is_due_ = false;
    bool announced_ = false;  // "is ready" was printed in the life of this keeper.

    turn::Turn turn_;
    std::optional<Prepared> prepared_;
    std::vector<Note> notes_;
    std::vector<Note> ended_;  // Exits in the journal that the core has not heard of.
    std::unordered_map<core::UnitId, std::string> left_;  // Names of units that are forgotten.
    std::unordered_set<pid_t> failed_spawns_;
    std::map<std::uint64_t, EventSink> sinks_;
    std::uint64_t next_sink_ = 1;
    bool rush_ = false;  // There is more to do than fits in a turn.
    bool continuing_ = false, changed_ = false;

    boost::asio::steady_timer heartbeat_, deadline_, drain_timer_, measuring_, schedule_,
        load_timer_, kills_timer_;
    std::size_t measured_ = 0;  // Where the next round of measuring begins.
    bool measures_ = false;
    core::Instant last_beat_{};
    core::Instant stranger_logged_{}, complained_{};
    std::string complaint_;
    bool detaching_ = false, all_down_ = false, waiting_for_logs_ = false, log_wait_over_ = false;
    int exit_code_ = 1;                   // The supervisor's own.
    std::int32_t superd_exit_ = 0;        // What the keeper is to exit with.
    std::optional<std::int32_t> ending_;  // An essential unit is lost: exit with that.
};

}  // namespace superd::supervisor
