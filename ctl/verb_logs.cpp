#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"

#include <utility>

namespace superctl {

namespace {

std::string parameters(const Invocation& invocation) {
    std::string out = "lines=10";
    if (invocation.has("--lines")) out = "lines=" + std::string{invocation.value("--lines")};
    if (invocation.has("--follow")) out += "&follow=true";
    if (invocation.has("--json")) out += "&json=true";
    if (invocation.has("--stream")) out += "&stream=" + std::string{invocation.value("--stream")};
    if (const auto since = since_parameter(invocation.value("--since"))) {
        out += "&since=" + percent_encode(*since);
    }
    return out;
}

// Takes off the front of `body` what can be shown of it.
std::string take_shown(std::string& body, bool raw) {
    if (raw) return std::exchange(body, {});
    // Only whole lines: a character, or a colour, may have come in part.
    const auto end = body.rfind('\n') + 1;
    auto lines = for_terminal(std::string_view{body}.substr(0, end));
    body.erase(0, end);
    return lines;
}

}  // namespace

ExitCode run_logs(const Invocation& invocation) {
    ClientRequest request;
    request.target = target_with_units("/v1/logs", parameters(invocation), invocation.arguments);
    if (invocation.has("--follow")) {
        request.patience.reset();
        request.printed = true;
    }
    const bool raw = invocation.has("--raw") || !stdout_is_terminal();
    const auto answer = ask(invocation, request, {}, [raw](std::string& body) {
        // As head(1) would have it.
        if (!print(take_shown(body, raw))) std::exit(static_cast<int>(after_output(ExitCode::ok)));
    });
    if (!answer) return complain(answer.error());
    if (!answer->body.empty()) print(for_terminal(answer->body));
    return ExitCode::ok;
}

}  // namespace superctl
