#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"
#include "wire/json_writer.hpp"

namespace superctl {

ExitCode run_signal(const Invocation& invocation) {
    ClientRequest request;
    request.method = "POST";
    request.target = "/v1/signal";
    request.repeatable = false;  // A signal sent twice is not a signal sent once.
    superd::wire::JsonWriter json{request.body};
    json.begin_object();
    json.member("signal", invocation.arguments.front());
    if (invocation.has("--all")) {
        json.member("all", true);
    } else {
        json.member("units", std::vector<std::string>{invocation.arguments.begin() + 1,
                                                      invocation.arguments.end()});
    }
    if (invocation.has("--tree")) json.member("tree", true);
    json.end_object();
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    if (invocation.has("--json")) print(answer->body);
    return ExitCode::ok;
}

}  // namespace superctl
