#include "ctl/duration.hpp"
#include "ctl/locale.hpp"
#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/timeline.hpp"
#include "ctl/verbs.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace superctl {

ExitCode run_timeline(const Invocation& invocation) {
    std::string parameters;
    if (const auto since = since_parameter(invocation.value("--since"))) {
        parameters = "since=" + percent_encode(*since);
    }
    ClientRequest request;
    request.target = target_with_units("/v1/events", parameters, invocation.arguments);
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    if (invocation.has("--json")) {
        print(answer->body);
        return ExitCode::ok;
    }
    const auto timeline = make_timeline(answer->body);
    if (invocation.has("--svg")) {
        const std::string path{invocation.value("--svg")};
        std::ofstream file{path, std::ios::trunc};
        file << timeline_svg(timeline) << std::flush;
        if (file) return ExitCode::ok;
        return complain(Failure{ExitCode::failed,
                                "cannot write " + path + ": " + std::strerror(errno),
                                "name a file in a directory that you may write to"});
    }
    if (timeline.rows.empty()) complain("Nothing has happened in that time.\n");
    print(render_timeline(timeline, terminal_width(), !speaks_utf8(), style_for(invocation)));
    return ExitCode::ok;
}

}  // namespace superctl
