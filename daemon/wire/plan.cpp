#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

namespace superd::wire {

std::string serialize(const Plan& plan) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.member("errors", plan.errors);
    json.key("changes");
    json.begin_array();
    for (const auto& change : plan.changes) {
        json.begin_object();
        json.member("unit", change.unit);
        json.member("change", change.change);
        json.member("keys", change.keys);
        json.member("detail", change.detail);
        json.member("applied", change.applied);
        json.key("values");
        json.begin_array();
        for (const auto& value : change.values) {
            json.begin_object();
            json.member("key", value.key);
            json.member("from", value.from);
            json.member("to", value.to);
            json.member("restarts", value.restarts);
            json.end_object();
        }
        json.end_array();
        json.member("files", change.files);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

Plan parse_plan(std::string_view text) {
    const auto value = parse_object(text);
    const JsonReader json{value};
    Plan plan;
    json.read("errors", plan.errors);
    for_each_object(json.array("changes"), [&](const JsonReader& one) {
        PlannedChange change;
        one.required("unit", change.unit);
        one.required("change", change.change);
        one.read("keys", change.keys);
        one.read("detail", change.detail);
        one.read("applied", change.applied);
        for_each_object(one.array("values"), [&](const JsonReader& each) {
            PlannedValue planned;
            each.required("key", planned.key);
            each.read("from", planned.from);
            each.read("to", planned.to);
            each.read("restarts", planned.restarts);
            change.values.push_back(std::move(planned));
        });
        one.read("files", change.files);
        plan.changes.push_back(std::move(change));
    });
    return plan;
}

}  // namespace superd::wire
