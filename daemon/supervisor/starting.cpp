// How a supervisor begins.
#include "os/cores.hpp"
#include "os/file.hpp"
#include "os/process.hpp"
#include "os/tree.hpp"
#include "supervisor/inheritance.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/notify_path.hpp"

#include <sys/stat.h>

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr int exit_config = 78;  // sysexits(3), EX_CONFIG
constexpr std::size_t accepted_max = 256u << 20;

std::string boot_id() {
    auto text = os::read_file("/proc/sys/kernel/random/boot_id", 256);
    if (!text) return "unknown";
    while (text->ends_with('\n')) text->pop_back();
    return *text;
}

template <class T>
T must(Result<T> result) {
    if (result) return std::move(*result);
    throw std::system_error{result.error().code, "cannot " + result.error().what};
}

}  // namespace

// The run may be followed by the next one in the same step: its output is
// closed here, where its number is known.
void Supervisor::on_tree(core::Event event) {
    if (const auto* const empty = std::get_if<core::TreeEmpty>(&event)) logs_.close(empty->run);
    turn_.add(std::move(event));
}

bool Supervisor::start() {
    Inheritance from;
    inherit(from);
    std::random_device seed;
    system_ = core::System{std::uint64_t{seed()} << 32 | seed(), from.records.next_run};
    tell_clock();
    definitions_.enablement() = Enablement::open(setting_.state_directory + "/enabled");
    if (!load_configuration(from)) {
        link_.finished(exit_config);
        exit_code_ = exit_config;
        return false;
    }
    definitions_.replace(std::move(from.configuration));
    settings_changed();
    const std::array<pid_t, 3> own{welcome_.pid, ::getpid(), welcome_.logger_pid};
    std::string why;
    groups_ = Groups::choose(io_.get_executor(), definitions_.settings().cgroup,
                             {.keeper = welcome_.pid, .told = setting_.delegated}, own, why);
    log_.debug("control groups: " + why);
    limiter_.begin(groups_.get(), why);
    if (groups_) groups_->on_fact([this](const Groups::Changed& told) { on_group_fact(told); });
    launcher_.emplace(Launcher::Setting{scope_, notify_path(setting_.runtime_directory),
                                        setting_.open_files.original, os::own_directory()});
    trees_.emplace(io_.get_executor(), welcome_.pid, scope_, groups_.get(),
                   Trees::Handlers{
                       .tell = [this](core::Event event) { on_tree(std::move(event)); },
                       .known =
                           [this, own_pid = own[1]](pid_t pid) {
                               return table_.by_pid(pid) != nullptr || pid == own_pid ||
                                      pid == welcome_.logger_pid || failed_spawns_.contains(pid) ||
                                      templates_.owns(pid);
                           },
                       .due = [this] { settle_later(); },
                   });
    beat();
    const bool adopts = !from.records.records.empty() && (from.restarted || from.anything_alive);
    if (adopts) {
        take_over(from);
    } else {
        begin_fresh(from);
    }
    warn_of_limits_missing();
    reload_is_due_ = adopts && !from.restarted;
    history_.prune([this](const std::string& unit) { return system_.find(unit) != nullptr; });
    return true;
}

void Supervisor::inherit(Inheritance& from) {
    link_.hello();
    if (const auto welcome = link_.await(keeper::Kind::welcome)) welcome_ = welcome->message;
    const auto end = link_.await_list(from.held);
    if (!end) throw std::runtime_error{"cannot start: the keeper is gone"};
    from.restarted = welcome_.code > 0;
    announced_ = from.held.contains("announced");
    boot_ = boot_id();
    const std::string& directory = setting_.runtime_directory;
    ::mkdir((directory + "/log").c_str(), 0700);
    scope_ = must(os::tree_scope(directory));
    records_.emplace(must(Records::open(directory + "/records", from.records)));
    spawn_slot_.emplace(must(SpawnSlot::open(directory + "/records.spawn", from.spawn)));
    journal_.emplace(must(Journal::open(directory)));
    history_.load(history_file());
    from.past = journal_->past(history_);
    journal_->before_loss([this] { save_history(); });
    if (!is_template(from.spawn.run)) {
        from.records.next_run = std::max(from.records.next_run, from.spawn.run + 1);
    }
    if (from.records.damaged != 0) {
        log_.warn(std::to_string(from.records.damaged) + " damaged records were left out");
    }
    from.forked = adopt_templates(from);
    judge(from);
}

// The configuration in force, if there is something that goes on by it; else
// what is on disk. False after having said what is wrong with that.
bool Supervisor::load_configuration(Inheritance& from) {
    const std::string path = setting_.runtime_directory + "/accepted";
    const bool goes_on = from.restarted || from.anything_alive;
    if (const auto text = os::read_file(path, accepted_max); goes_on && text) {
        const auto accepted = Accepted::deserialize(*text);
        auto configuration = accepted ? realize(*accepted) : std::unexpected{config::Diagnostics{}};
        if (configuration) {
            from.configuration = std::move(*configuration);
            return true;
        }
        log_.warn("cannot use " + path + ": reading the configuration from disk instead");
    }
    auto sources = config::read_sources(setting_.config_directory, setting_.profiles);
    if (sources) sources->cores = os::usable_cores();
    auto configuration = sources ? config::parse(*sources) : std::unexpected{sources.error()};
    if (!configuration) {
        for (const auto& diagnostic : configuration.error()) {
            std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
        }
        return false;
    }
    write_accepted(succeed({}, std::move(*sources), {}));
    from.configuration = std::move(*configuration);
    return true;
}

// Nothing runs, and what was before is history.
void Supervisor::begin_fresh(Inheritance& from) {
    if (auto cleared = records_->reset(header()); !cleared) complain(cleared.error());
    for (const core::RunId run : logs_.leftovers()) logs_.discard(run);
    release_leftovers(from);
    say("superd " SUPERD_VERSION " started");
    const auto past = timer_store_.entries();  // Those that begin now write over it.
    turn_.perform(system_.apply(definitions_.specs(), now()));
    recall_timers(past);
}

void Supervisor::go() {
    going_ = true;
    wall_clock_.start();
    ::malloc_trim(0);
    notify_.emplace(io_.get_executor(), os::Fd{keeper::notify_fd}, [this](NotifyMessage message) {
        turn_.meanwhile([&] { on_notify(std::move(message)); });
        turn_.commit();
        if (!turn_.busy()) settle_later();
    });
    logger_.start();
    listen();
    if (std::exchange(reload_is_due_, false)) {
        // The files may have changed while no superd ran.
        for (const std::string& error : reload().errors) log_.error(error);
    }
    settle();
    on_link();
    if ((welcome_.manager & keeper::managed) != 0) condition_.begin();
}

}  // namespace superd::supervisor
