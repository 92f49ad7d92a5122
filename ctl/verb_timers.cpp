#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/timers.hpp"
#include "ctl/verbs.hpp"

#include <chrono>

#include <boost/system/system_error.hpp>

namespace superctl {

ExitCode run_timers(const Invocation& invocation) {
    ClientRequest request;
    request.target = target_with_units("/v1/status", "", invocation.arguments);
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    try {
        const auto status = superd::wire::parse_status(answer->body);
        if (invocation.has("--json")) {
            print(timers_as_json(status));
            return ExitCode::ok;
        }
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
        const auto table = render_timers(status, style_for(invocation), now_ns);
        if (table.empty()) complain("No unit has a timer.\n");
        print(table);
        return ExitCode::ok;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
