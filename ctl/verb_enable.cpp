#include "ctl/action.hpp"
#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"
#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

namespace wire = superd::wire;

std::string body_of(const Invocation& invocation) {
    std::string body;
    wire::JsonWriter json{body};
    json.begin_object();
    if (invocation.has("--all")) {
        json.member("all", true);
    } else {
        json.member("units", invocation.arguments);
    }
    if (invocation.has("--reset")) json.member("reset", true);
    json.end_object();
    return body;
}

// "web: enabled", a line each.
std::string lines_of(std::string_view body) {
    std::string out;
    const auto value = wire::parse_object(body);
    wire::for_each_object(wire::JsonReader{value}.array("units"), [&](const auto& unit) {
        std::string name;
        bool enabled = false;
        unit.required("name", name);
        unit.required("enabled", enabled);
        out += printable(name) + (enabled ? ": enabled\n" : ": disabled\n");
    });
    return out;
}

ExitCode set_enabled(const Invocation& invocation, std::string_view path, const Act& then) {
    ClientRequest request;
    request.method = "POST";
    request.target = path;
    request.body = body_of(invocation);
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    const bool now = invocation.has("--now");
    try {
        const auto lines = lines_of(answer->body);
        if (!invocation.has("--json")) print(lines);
        if (now) return act(invocation, then);
        if (invocation.has("--json")) print(answer->body);
        return ExitCode::ok;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace

ExitCode run_enable(const Invocation& invocation) {
    return set_enabled(invocation, "/v1/enable",
                       {.path = "/v1/start", .goal = "ready", .more = {}});
}

ExitCode run_disable(const Invocation& invocation) {
    return set_enabled(invocation, "/v1/disable",
                       {.path = "/v1/stop", .goal = "stopped", .more = {}});
}

}  // namespace superctl
