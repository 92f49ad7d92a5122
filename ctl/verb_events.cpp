#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/render.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

namespace {

std::string parameters(const Invocation& invocation) {
    std::string out;
    if (const auto since = since_parameter(invocation.value("--since"))) {
        out = "since=" + percent_encode(*since);
    }
    if (invocation.has("--follow")) out += out.empty() ? "follow=true" : "&follow=true";
    return out;
}

// Takes the whole lines off the front of `body`, as they are printed.
std::string take_lines(std::string& body, bool json) {
    const auto end = body.rfind('\n');
    if (end == body.npos) return {};
    auto lines = body.substr(0, end + 1);
    body.erase(0, end + 1);
    if (json) return lines;
    std::string out;
    for (std::size_t begin = 0; begin < lines.size();) {
        const auto stop = lines.find('\n', begin);
        out += render_event(lines.substr(begin, stop - begin));
        begin = stop + 1;
    }
    return out;
}

}  // namespace

ExitCode run_events(const Invocation& invocation) {
    ClientRequest request;
    request.target = target_with_units("/v1/events", parameters(invocation), invocation.arguments);
    if (invocation.has("--follow")) request.patience.reset();
    const bool json = invocation.has("--json");
    const auto answer = ask(invocation, request, {}, [json](std::string& body) {
        if (!print(take_lines(body, json))) std::exit(static_cast<int>(ExitCode::ok));
    });
    return answer ? ExitCode::ok : complain(answer.error());
}

}  // namespace superctl
