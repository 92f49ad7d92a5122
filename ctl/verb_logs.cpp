#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"

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

}  // namespace

ExitCode run_logs(const Invocation& invocation) {
    ClientRequest request;
    request.target = target_with_units("/v1/logs", parameters(invocation), invocation.arguments);
    if (invocation.has("--follow")) request.patience.reset();
    const auto answer = ask(invocation, request, {}, [](std::string& body) {
        if (!print(body)) std::exit(static_cast<int>(ExitCode::ok));  // As head(1) would have it.
        body.clear();
    });
    return answer ? ExitCode::ok : complain(answer.error());
}

}  // namespace superctl
