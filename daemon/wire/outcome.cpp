#include "wire/outcome.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

namespace superd::wire {

std::string serialize(const Outcomes& outcomes) {
    std::string out;
    out.reserve(64 + outcomes.outcomes.size() * 96);
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.key("outcomes");
    json.begin_array();
    for (const auto& one : outcomes.outcomes) {
        json.begin_object();
        json.member("unit", one.unit);
        json.member("instance", one.instance);
        json.member("outcome", one.outcome);
        json.member("state", one.state);
        json.member("reason", one.reason);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

Outcomes parse_outcomes(std::string_view text) {
    const auto value = parse_object(text);
    Outcomes outcomes;
    for_each_object(JsonReader{value}.array("outcomes"), [&](const JsonReader& json) {
        UnitOutcome one;
        json.required("unit", one.unit);
        json.read("instance", one.instance);
        json.required("outcome", one.outcome);
        json.read("state", one.state);
        json.read("reason", one.reason);
        outcomes.outcomes.push_back(std::move(one));
    });
    return outcomes;
}

}  // namespace superd::wire
