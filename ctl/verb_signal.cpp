#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"
#include "wire/json_writer.hpp"
#include "wire/signal.hpp"

#include <algorithm>

namespace superctl {

namespace {

// SIGNAL NAME…; NAME… SIGNAL is understood too, if only the last can be the signal.
std::vector<std::string> signal_first(std::vector<std::string> words) {
    using superd::wire::signal_number;
    if (!signal_number(words.front()) && signal_number(words.back())) {
        std::ranges::rotate(words, words.end() - 1);
    }
    return words;
}

}  // namespace

ExitCode run_signal(const Invocation& invocation) {
    const auto words = signal_first(invocation.arguments);
    ClientRequest request;
    request.method = "POST";
    request.target = "/v1/signal";
    request.repeatable = false;  // A signal sent twice is not a signal sent once.
    superd::wire::JsonWriter json{request.body};
    json.begin_object();
    json.member("signal", words.front());
    if (invocation.has("--all")) {
        json.member("all", true);
    } else {
        json.member("units", std::vector<std::string>{words.begin() + 1, words.end()});
    }
    if (invocation.has("--tree")) json.member("tree", true);
    json.end_object();
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    if (invocation.has("--json")) print(answer->body);
    return ExitCode::ok;
}

}  // namespace superctl
