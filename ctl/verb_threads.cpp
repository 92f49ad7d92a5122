#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/render_threads.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

namespace wire = superd::wire;

// As systemctl's: 3 if nothing of what was named runs.
ExitCode code_of(const Invocation& invocation, const wire::Threads& threads) {
    const bool any =
        std::ranges::any_of(threads.instances, [](const auto& each) { return each.processes > 0; });
    if (any || invocation.arguments.empty()) return ExitCode::ok;
    return ExitCode::not_running;
}

}  // namespace

ExitCode run_threads(const Invocation& invocation) {
    ClientRequest request;
    std::string sample;
    if (const auto time = parse_duration(invocation.value("--sample"))) {
        sample = "sample=" + format_seconds(*time);
    }
    request.target = target_with_units("/v1/threads", sample, invocation.arguments);
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    try {
        const auto threads = wire::parse_threads(answer->body);
        const auto code = code_of(invocation, threads);
        if (invocation.has("--json")) {
            print(answer->body);
            return code;
        }
        print(render_threads(threads, invocation.value("--sort"), style_for(invocation)));
        complain(left_out_text(threads));
        if (code == ExitCode::not_running) complain("Nothing of it runs.\n");
        return code;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
