#include "supervisor/templates.hpp"

#include "os/clock.hpp"
#include "os/process.hpp"
#include "supervisor/marked.hpp"

#include <signal.h>

#include <algorithm>
#include <optional>

namespace superd::supervisor {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr core::Duration retry_first = 100ms, retry_most = 60s;
constexpr core::Duration well_after = 10s;  // What was ready for so long has not failed again.
constexpr core::Duration leave_within = 5s;
constexpr core::Duration look_again = 5ms;
constexpr core::Duration away_after = 200ms;
constexpr int doublings_max = 10;
constexpr int exit_config = 78;  // sysexits(3), EX_CONFIG
// A process that lays out its variables at the very moment of a look shows none.
constexpr int looks = 2;

std::string name_of(const TemplateProcess::Identity& identity) {
    return "the template of " + identity.unit + " (pid " + std::to_string(identity.pid) + ")";
}

}  // namespace

Templates::Templates(boost::asio::any_io_executor executor, KeeperLink& link, Handlers handlers)
    : executor_{std::move(executor)},
      link_{link},
      handlers_{std::move(handlers)},
      timer_{executor_} {}

void Templates::begin(pid_t keeper, std::string scope) {
    keeper_ = keeper;
    scope_ = std::move(scope);
}

std::set<std::string> Templates::held_names() const {
    std::set<std::string> names;
    for (const auto& [number, one] : all_) {
        if (!one->closed()) names.insert(one->held_name());
    }
    return names;
}

std::vector<TemplateProcess::Identity> Templates::living() const {
    std::vector<TemplateProcess::Identity> found;
    for (const auto& [number, one] : all_) {
        if (!one->gone) found.push_back(one->identity());
    }
    return found;
}

TemplateProcess* Templates::current(const std::string& unit) {
    for (const auto& [number, one] : all_) {
        if (one->identity().unit == unit && !one->leaves && !one->gone) return one.get();
    }
    return nullptr;
}

void Templates::tend(const std::vector<Wanted>& wanted) {
    const auto is_wanted = [&](const TemplateProcess::Identity& identity) {
        return std::ranges::any_of(wanted, [&](const Wanted& each) {
            return each.unit == identity.unit && each.mark == identity.mark;
        });
    };
    for (const auto& [number, one] : all_) {
        if (!one->leaves && !one->gone && !is_wanted(one->identity())) leave(*one);
    }
    std::erase_if(pasts_, [&](const auto& each) {
        return std::ranges::find(wanted, each.first, &Wanted::unit) == wanted.end();
    });
    for (const Wanted& each : wanted) {
        const Past& past = pasts_[each.unit];
        const bool due = past.retry_at <= handlers_.now() && past.refused != each.mark;
        if (due && current(each.unit) == nullptr) start(each);
    }
    wake();
}

void Templates::renew(const std::string& unit) {
    pasts_.erase(unit);
    if (TemplateProcess* const one = current(unit)) leave(*one);
    handlers_.due();
}

void Templates::kill_all() {
    for (const auto& [number, one] : all_) {
        if (!one->gone) one->kill();
    }
}

void Templates::start(const Wanted& wanted) {
    last_number_ =
        std::max(last_number_ + 1, template_bit | static_cast<core::RunId>(os::boottime_now()));
    TemplateProcess::Identity identity{.number = last_number_};
    identity.unit = wanted.unit;
    identity.mark = wanted.mark;
    os::Fd far;
    auto made = TemplateProcess::make(executor_, link_, identity, far);
    std::string problem;
    if (!made) {
        problem = made.error().message();
    } else if (auto pid = handlers_.start(identity, far.get())) {
        (*made)->started(*pid);
        TemplateProcess& one = *(all_[identity.number] = std::move(*made));
        return watch(one);
    } else {
        (*made)->close();
        problem = std::move(pid.error());
    }
    Past& past = pasts_[wanted.unit];
    back_off(past, handlers_.now());
    handlers_.tell(identity, "cannot start the template of " + wanted.unit + ": " + problem, true);
}

void Templates::watch(TemplateProcess& one) {
    one.notify([this, number = one.identity().number] {
        const auto found = all_.find(number);
        if (found == all_.end()) return;
        hear(*found->second);
        watch(*found->second);
        handlers_.settle();
    });
}

const TemplateProcess::Identity* Templates::ready(const std::string& unit,
                                                  const std::string& mark) {
    TemplateProcess* const one = current(unit);
    if (one == nullptr || !one->identity().ready) return nullptr;
    if (one->identity().mark == mark) {
        const Past& past = pasts_[unit];
        const bool refuses = past.doubted == mark && past.retry_at > handlers_.now();
        return refuses ? nullptr : &one->identity();
    }
    leave(*one);
    handlers_.due();
    return nullptr;
}

bool Templates::ask(const std::string& unit, const ForkRequest& request,
                    std::span<const int> descriptors) {
    TemplateProcess* const one = current(unit);
    if (one == nullptr || !one->ask(request, descriptors)) return false;
    one->asked[request.run] = handlers_.now() + patience;
    wake();
    return true;
}

bool Templates::asking() const {
    return std::ranges::any_of(all_, [](const auto& each) { return !each.second->asked.empty(); });
}

bool Templates::owns(pid_t pid) const {
    return std::ranges::any_of(
        all_, [pid](const auto& each) { return each.second->identity().pid == pid; });
}

void Templates::hear() {
    for (const auto& [number, one] : all_) hear(*one);
}

void Templates::hear(TemplateProcess& one) {
    while (const auto heard = one.hear()) take(one, *heard);
    // It has closed its end: nobody will answer, so it is of no more use.
    if (one.deserted() && !one.gone) one.kill();
    close_if_idle(one);
}

void Templates::take(TemplateProcess& one, const TemplateProcess::Heard& heard) {
    const TemplateProcess::Identity& identity = one.identity();
    if (!heard.answer) {
        return handlers_.tell(identity, name_of(identity) + " has said what makes no sense", true);
    }
    const ForkAnswer& answer = *heard.answer;
    const bool itself = heard.sender == identity.pid;
    if (answer.run == 0) {
        if (!itself || identity.ready) return;
        one.became_ready();
        one.ready_at = handlers_.now();
        return handlers_.tell(identity, name_of(identity) + " is ready", false);
    }
    if (answer.failed.empty()) return take_worker(one, answer.run, heard.sender);
    if (!itself || one.asked.erase(answer.run) == 0) return;
    const char* const then = answer.permanent ? note_refusal(one) : "";
    handlers_.tell(identity, name_of(identity) + " has made no worker: " + answer.failed + then,
                   true);
    if (born_ == nullptr) handlers_.unmade(answer.run, answer.failed);
}

// It says that it will never make one. That is believed when it says so again after a while.
const char* Templates::note_refusal(TemplateProcess& one) {
    const TemplateProcess::Identity& identity = one.identity();
    Past& past = pasts_[identity.unit];
    const core::Instant moment = handlers_.now();
    if (past.doubted != identity.mark) {
        past.doubted = identity.mark;
        past.doubted_at = moment;
    }
    if (moment - past.doubted_at < well_after) {
        back_off(past, moment);
        wake();
        return "; its workers are executed until it is asked again";
    }
    past.refused = identity.mark;
    leave(one);
    return "; its workers are executed";
}

void Templates::back_off(Past& past, core::Instant now) {
    past.retry_at = now + std::min(retry_most, retry_first * (1 << past.failures));
    past.failures = std::min(past.failures + 1, doublings_max);
}

// Only a child of the keeper's can be one: of another nobody would tell us the end.
void Templates::take_worker(TemplateProcess& one, core::RunId run, pid_t pid) {
    const auto stat = os::process_stat(pid);
    const bool possible = stat && stat->parent == keeper_ && pid != one.identity().pid;
    if (!possible || !one.asked.contains(run)) {
        if (possible && !handlers_.is_main(pid)) ::kill(pid, SIGKILL);
        return handlers_.tell(one.identity(),
                              "process " + std::to_string(pid) + " is no worker of run " +
                                  std::to_string(run) + ", of which it speaks",
                              true);
    }
    for (const auto& [number, each] : all_) each->asked.erase(run);
    pasts_[one.identity().unit].doubted.clear();
    if (born_ != nullptr) {
        (*born_)[run] = pid;
    } else {
        handlers_.made(run, pid);
    }
}

void Templates::leave(TemplateProcess& one) {
    one.leaves = true;
    close_if_idle(one);
}

void Templates::close_if_idle(TemplateProcess& one) {
    if (!one.leaves || one.closed() || !one.asked.empty()) return;
    one.close();
    one.kill_at = handlers_.now() + leave_within;
    wake();
}

bool Templates::ended(pid_t pid, const core::ExitStatus& status) {
    const auto found = std::ranges::find_if(
        all_, [pid](const auto& each) { return each.second->identity().pid == pid; });
    if (found == all_.end() || found->second->gone) return false;
    TemplateProcess& one = *found->second;
    hear(one);
    one.gone = true;
    one.kill();  // What else the module has begun.
    note_end(one, status);
    if (settle_asked(one)) {
        finish(one);
    } else {
        wake();
    }
    return true;
}

void Templates::note_end(const TemplateProcess& one, const core::ExitStatus& status) {
    if (one.leaves) return;
    const TemplateProcess::Identity& identity = one.identity();
    Past& past = pasts_[identity.unit];
    const core::Instant moment = handlers_.now();
    if (one.ready_at != core::Instant{} && moment - one.ready_at >= well_after) past.failures = 0;
    back_off(past, moment);
    std::string then = "; workers are executed until there is another";
    if (status.signal == 0 && status.code == exit_config) {
        past.refused = identity.mark;
        then = "; workers are executed until the unit is changed or started again";
    }
    handlers_.tell(identity, name_of(identity) + " has ended with " + core::describe(status) + then,
                   true);
}

// Its process has ended: it makes no more workers, and those that it has made say so, or are found.
// Those that have not yet come to say whose they are end here. False: not all is clear yet.
bool Templates::settle_asked(TemplateProcess& one) {
    const auto known = [this](pid_t pid) { return handlers_.is_main(pid) || owns(pid); };
    for (int i = 0; i < looks && !one.asked.empty(); ++i) {
        bool unclear = false;
        for (const Marked& each : marked_processes(scope_, known)) {
            if (each.parent != keeper_) continue;
            if (each.run == one.identity().number) {
                unclear = true;
                ::kill(each.pid, SIGKILL);
            } else if (each.leads && !each.hook && one.asked.contains(each.run)) {
                take_worker(one, each.run, each.pid);
            }
        }
        if (unclear) return false;
    }
    while (const auto heard = one.hear()) take(one, *heard);
    const auto asked = std::exchange(one.asked, {});
    if (born_ != nullptr) return true;
    for (const auto& [run, until] : asked) handlers_.unmade(run, "its template has ended");
    return true;
}

void Templates::finish(TemplateProcess& one) {
    one.close();
    const Process gone = std::move(all_.extract(one.identity().number).mapped());
    handlers_.ended(gone->identity());
    handlers_.due();
}

// Superd looks so late that it was away, and the templates perhaps as well: a machine that stood
// still.
void Templates::forgive(core::Instant now) {
    for (const auto& [number, one] : all_) {
        for (auto& [run, until] : one->asked) until = std::max(until, now + patience / 2);
    }
}

void Templates::look() {
    const core::Instant moment = handlers_.now();
    if (moment - due_ > away_after) forgive(moment);
    std::vector<TemplateProcess*> settled;
    for (const auto& [number, one] : all_) {
        if (one->gone) {
            if (settle_asked(*one)) settled.push_back(one.get());
            continue;
        }
        const bool late = std::ranges::any_of(
            one->asked, [moment](const auto& each) { return each.second <= moment; });
        if (late) {
            for (auto& [run, until] : one->asked) until = core::Instant::max();
            one->kill_at = moment;
            handlers_.tell(one->identity(),
                           name_of(one->identity()) + " has not made a worker within " +
                               std::to_string(patience.count()) + " s: it is killed",
                           true);
        }
        if (one->kill_at > moment) continue;
        one->kill_at = moment + 1s;
        one->kill();
    }
    for (TemplateProcess* const one : settled) finish(*one);
    const auto due = [moment](const auto& each) { return each.second.retry_at <= moment; };
    if (std::ranges::any_of(pasts_, due)) handlers_.due();
    wake();
}

void Templates::wake() {
    core::Instant next = core::Instant::max();
    const core::Instant moment = handlers_.now();
    for (const auto& [number, one] : all_) {
        if (one->gone) {
            next = std::min(next, moment + look_again);
            continue;
        }
        next = std::min(next, one->kill_at);
        for (const auto& [run, until] : one->asked) next = std::min(next, until);
    }
    for (const auto& [unit, past] : pasts_) {
        if (past.retry_at > moment) next = std::min(next, past.retry_at);
    }
    due_ = next;
    if (next == core::Instant::max()) return static_cast<void>(timer_.cancel());
    timer_.expires_after(std::max(next - moment, core::Duration{}));
    timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        look();
        handlers_.settle();
    });
}

}  // namespace superd::supervisor
