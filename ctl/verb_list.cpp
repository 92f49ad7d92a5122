#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

namespace wire = superd::wire;

// {"schema":1,"units":["db","web"]}
std::string names_as_json(const wire::Summary& summary) {
    std::string out;
    wire::JsonWriter json{out};
    json.begin_object();
    json.member("schema", wire::schema);
    json.key("units");
    json.begin_array();
    for (const auto& row : summary.rows) json.value(row.name);
    json.end_array();
    json.end_object();
    return out + "\n";
}

}  // namespace

ExitCode run_list(const Invocation& invocation) {
    ClientRequest request;
    request.target = target_with_units("/v1/summary", "", invocation.arguments);
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    try {
        const auto summary = wire::parse_summary(answer->body);
        std::string out;
        for (const auto& row : summary.rows) out += row.name + "\n";
        print(invocation.has("--json") ? names_as_json(summary) : out);
        return ExitCode::ok;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
