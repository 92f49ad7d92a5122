#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/parts.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds patience_default{60'000};
constexpr milliseconds look_pause{50};

bool replaced(const std::vector<Part>& before, const std::vector<Part>& now) {
    return std::ranges::all_of(before, [&](const Part& old) {
        const auto same = std::ranges::find(now, old.name, &Part::name);
        if (same == now.end() || same->pid == 0) return false;
        // The keeper's process is the same one: its program is another.
        return old.name == "keeper" ? !same->outdated : same->pid != old.pid;
    });
}

}  // namespace

ExitCode run_upgrade(const Invocation& invocation) {
    const auto before = ask_parts(invocation);
    if (!before) return complain(before.error());
    ClientRequest request;
    request.method = "POST";
    request.target = "/v1/upgrade";
    request.repeatable = false;
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    const auto patience = parse_duration(invocation.value("--timeout")).value_or(patience_default);
    const auto until = steady_clock::now() + patience;
    for (;;) {
        // While its parts are replaced, superd may be slow to answer; that is no failure yet.
        const auto now = ask_parts(invocation);
        if (now && replaced(before->parts, now->parts)) {
            print(invocation.has("--json") ? parts_as_json(*now) : render_parts(now->parts));
            return ExitCode::ok;
        }
        if (steady_clock::now() >= until) break;
        std::this_thread::sleep_for(look_pause);
    }
    return complain(
        {ExitCode::timeout,
         "cannot upgrade superd: its parts are not all replaced after " + format_duration(patience),
         "superd's own output says why; services are not touched, and "
         "`superctl version` shows what runs"});
}

}  // namespace superctl
