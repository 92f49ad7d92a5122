// The template processes of hosted units with `preload` (units/protocol/README.md, "A template"):
// when there is one, what is asked of it, and what became of that.
//
// A run that was asked for is never asked for elsewhere before it is certain that there is no
// process of it: the template has refused, or has ended and left none that could become it.
#pragma once

#include "core/instance.hpp"
#include "core/time.hpp"
#include "supervisor/keeper_link.hpp"
#include "supervisor/spawn_slot.hpp"
#include "supervisor/template_process.hpp"

#include <sys/types.h>

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

// What a supervisor must remember to have templates.
struct Preloading {
    bool due = true;                                // Something may be different about them.
    bool any = false;                               // Some unit is to have one.
    std::map<core::RunId, core::InstanceId> asked;  // The runs that were asked for, and whose.
    std::unordered_set<core::RunId> in_vain;        // Those that are to be executed therefore.
};

class Templates {
public:
    // The pid, or why there is none.
    using Started = std::expected<pid_t, std::string>;
    // A unit that is to have one, and what it would be made of now.
    struct Wanted {
        std::string unit, mark;
    };
    // A run without a process, by the records.
    struct Unborn {
        std::string unit;
        core::RunId run = 0;
        uid_t user = 0;  // What the worker is to start as.
    };
    struct Handlers {
        // Starts the process of a template. `socket` is its end.
        std::function<Started(const TemplateProcess::Identity&, int socket)> start;
        std::function<void(core::RunId, pid_t)> made;
        // It is not, and will not be.
        std::function<void(core::RunId, const std::string& why)> unmade;
        std::function<void(const TemplateProcess::Identity&)> ended;
        // An event, and a line of superd's own log.
        std::function<void(const TemplateProcess::Identity&, const std::string& text, bool bad)>
            tell;
        std::function<void()> due;           // tend() has something to do.
        std::function<void()> settle;        // Something was heard.
        std::function<bool(pid_t)> is_main;  // A main process of some run.
        std::function<core::Instant()> now;
    };
    // So long a template may take to make a worker, before it is ended for that.
    static constexpr std::chrono::seconds patience{2};

    Templates(boost::asio::any_io_executor executor, KeeperLink& link, Handlers handlers);

    // Once, before anything is asked: who is the keeper, and whose marks are ours.
    void begin(pid_t keeper, std::string scope);
    // Takes over what the keeper holds. What was asked of them is settled before this returns:
    // the pids of those among `unborn` that have been made. `anywhere`: under an earlier keeper.
    std::map<core::RunId, pid_t> adopt(const std::set<std::string>& held,
                                       const SpawnSlot::Left& spawn,
                                       const std::vector<Unborn>& unborn, bool anywhere);
    std::set<std::string> held_names() const;
    // Their numbers, units and pids.
    std::vector<TemplateProcess::Identity> living() const;

    // Starts what is wanted and lacks, lets go of the others.
    void tend(const std::vector<Wanted>& wanted);
    // The unit's code may be another one: the template that it has is let go.
    void renew(const std::string& unit);
    void kill_all();

    // The unit's template, if it can be asked: what it is made of is `mark` too.
    const TemplateProcess::Identity* ready(const std::string& unit, const std::string& mark);
    // Made or unmade follows. False: it was not asked.
    bool ask(const std::string& unit, const ForkRequest& request, std::span<const int> descriptors);
    bool asking() const;

    // Takes in what was said.
    void hear();
    // A child of the keeper's has ended and is not reaped yet. True: it was one of ours.
    bool ended(pid_t pid, const core::ExitStatus& status);
    bool owns(pid_t pid) const;
    bool idle() const { return all_.empty(); }

private:
    // What is known of a unit's templates, however many there have been.
    struct Past {
        int failures = 0;          // One after another.
        core::Instant retry_at{};  // Not before.
        std::string refused;       // The mark of one of which there need not be another.
        // The mark of one that has said so, and when first: a thread of its module may yet end.
        std::string doubted;
        core::Instant doubted_at{};
    };
    using Process = std::unique_ptr<TemplateProcess>;

    void start(const Wanted& wanted);
    void watch(TemplateProcess& one);
    void hear(TemplateProcess& one);
    void take(TemplateProcess& one, const TemplateProcess::Heard& heard);
    void take_worker(TemplateProcess& one, core::RunId run, pid_t pid);
    void leave(TemplateProcess& one);
    void close_if_idle(TemplateProcess& one);
    bool settle_asked(TemplateProcess& one);
    void finish(TemplateProcess& one);
    const char* note_refusal(TemplateProcess& one);
    static void back_off(Past& past, core::Instant now);
    void note_end(const TemplateProcess& one, const core::ExitStatus& status);
    void look();
    void forgive(core::Instant now);
    void wake();
    TemplateProcess* current(const std::string& unit);
    // templates_adopt.cpp
    void adopt_one(const std::string& held, const SpawnSlot::Left& spawn,
                   const std::vector<Unborn>& unborn);
    void settle_now(TemplateProcess& one);
    void find_born(const std::vector<Unborn>& unborn, std::map<core::RunId, pid_t>& born) const;

    boost::asio::any_io_executor executor_;
    KeeperLink& link_;
    Handlers handlers_;
    boost::asio::steady_timer timer_;
    pid_t keeper_ = 0;
    std::string scope_;
    core::RunId last_number_ = 0;
    core::Instant due_ = core::Instant::max();  // Of the next look.
    std::map<core::RunId, pid_t>* born_ =
        nullptr;  // While we take over: who is found is told here.
    std::map<core::RunId, Process> all_;
    std::map<std::string, Past> pasts_;
};

}  // namespace superd::supervisor
