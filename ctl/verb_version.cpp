#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"
#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"

namespace superctl {

namespace {

namespace wire = superd::wire;

std::string versions_as_json(const std::optional<std::string>& server) {
    std::string out;
    wire::JsonWriter json{out};
    json.begin_object();
    json.member("schema", 1);
    json.member("superctl", SUPERD_VERSION);
    json.member("superd", server);
    json.end_object();
    return out + "\n";
}

}  // namespace

ExitCode run_version(const Invocation& invocation) {
    ClientRequest request;
    request.target = "/v1/version";
    const auto answer = ask(invocation, request);
    std::optional<std::string> server;
    try {
        if (answer) wire::JsonReader{wire::parse_object(answer->body)}.read("version", server);
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error.what()));
    }
    if (invocation.has("--json")) {
        print(versions_as_json(server));
    } else {
        print("superctl " SUPERD_VERSION "\n");
        if (server) print("superd   " + printable(*server) + "\n");
    }
    return answer ? ExitCode::ok : complain(answer.error());
}

}  // namespace superctl
