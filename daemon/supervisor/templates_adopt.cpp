// Templates that an earlier supervisor started, and what it had asked of them.
#include "os/process.hpp"
#include "os/process_user.hpp"
#include "os/tree.hpp"
#include "supervisor/marked.hpp"
#include "supervisor/templates.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>

namespace superd::supervisor {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// An answer that is on its way comes within it; a template that does not give it is ended.
constexpr std::chrono::milliseconds answer_patience = 200ms;
constexpr std::chrono::milliseconds end_patience = 2s;
constexpr std::chrono::milliseconds look_again = 5ms;
constexpr int looks_max = 200;

void await_end(pid_t pid) {
    const auto pidfd = os::pidfd_open(pid);
    if (!pidfd) return;
    pollfd wanted{pidfd->get(), POLLIN, 0};
    ::poll(&wanted, 1, static_cast<int>(end_patience.count()));
}

// Those of a keeper that is gone end by themselves; but one that is stopped, or is still loading
// its module, keeps what was sent to it: sockets whose addresses are wanted again.
void end_strays(const std::string& scope) {
    for (const Marked& each : marked_processes(scope, [](pid_t) { return false; })) {
        if (!is_template(each.run)) continue;
        ::kill(each.pid, SIGKILL);
        await_end(each.pid);
    }
}

}  // namespace

std::map<core::RunId, pid_t> Templates::adopt(const std::set<std::string>& held,
                                              const SpawnSlot::Left& spawn,
                                              const std::vector<Unborn>& unborn, bool anywhere) {
    std::map<core::RunId, pid_t> born;
    born_ = &born;
    for (const std::string& name : held) {
        if (name.starts_with(TemplateProcess::held_prefix)) adopt_one(name, spawn, unborn);
    }
    if (anywhere) end_strays(scope_);
    bool asked = anywhere;
    hear();
    for (const auto& [number, one] : all_) {
        asked = asked || !one->asked.empty();
        if (!one->asked.empty()) settle_now(*one);
    }
    born_ = nullptr;
    if (asked) find_born(unborn, born);
    std::vector<TemplateProcess*> over;
    for (const auto& [number, one] : all_) {
        if (one->gone) over.push_back(one.get());
    }
    for (TemplateProcess* const one : over) finish(*one);
    for (const auto& [number, one] : all_) watch(*one);
    wake();
    return born;
}

void Templates::adopt_one(const std::string& held, const SpawnSlot::Left& spawn,
                          const std::vector<Unborn>& unborn) {
    Process one = TemplateProcess::adopt(executor_, link_, held);
    if (!one) return link_.release(held);
    const core::RunId number = one->identity().number;
    if (one->identity().pid == 0 && spawn.run == number) one->started(spawn.pid);
    if (one->identity().pid <= 0) return one->close();  // It was never started.
    const pid_t pid = one->identity().pid;
    const auto stat = os::process_stat(pid);
    const auto mark = os::process_environment(pid, "SUPERD_RUN");
    one->gone = !stat || stat->state == 'Z' || stat->parent != keeper_ || !mark ||
                *mark != os::run_mark(number, scope_);
    if (one->identity().ready) one->ready_at = handlers_.now();
    for (const Unborn& each : unborn) {
        if (each.unit == one->identity().unit) one->asked[each.run] = core::Instant::max();
    }
    last_number_ = std::max(last_number_, number);
    all_[number] = std::move(one);
}

// Whether it was asked for those runs nobody knows. Either it answers at once, or it is ended: then
// it cannot make them any more.
void Templates::settle_now(TemplateProcess& one) {
    const core::Instant until = handlers_.now() + answer_patience;
    while (!one.gone && !one.asked.empty()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - handlers_.now());
        if (left.count() <= 0 || !one.readable(left)) break;
        hear(one);
        if (one.deserted()) break;
    }
    if (one.asked.empty()) return;
    if (!one.gone) {
        one.leaves = true;
        one.kill();
        await_end(one.identity().pid);
    }
    for (int i = 0; i < looks_max && !settle_asked(one); ++i) {
        ::poll(nullptr, 0, static_cast<int>(look_again.count()));
    }
    one.asked.clear();
    close_if_idle(one);
}

// Those that said so to a superd that is gone.
void Templates::find_born(const std::vector<Unborn>& unborn,
                          std::map<core::RunId, pid_t>& born) const {
    const auto missing = [&](const Unborn& each) { return !born.contains(each.run); };
    if (std::ranges::none_of(unborn, missing)) return;
    for (const Marked& each : marked_processes(scope_, [](pid_t) { return false; })) {
        const auto found = std::ranges::find(unborn, each.run, &Unborn::run);
        if (!each.leads || each.hook || found == unborn.end() || !missing(*found)) continue;
        // Anybody can write such a mark.
        if (!os::is_run_by(each.pid, found->user)) continue;
        born[each.run] = each.pid;
    }
}

}  // namespace superd::supervisor
