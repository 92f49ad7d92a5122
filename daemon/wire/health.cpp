#include "wire/health.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

namespace superd::wire {

std::string serialize(const Health& health) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.member("health", health.well ? "ok" : "failing");
    if (!health.probe.empty()) {
        json.member("probe", health.probe);
        json.member("why", health.why);
        json.key("unwell");
        json.begin_array();
        for (const auto& one : health.unwell) {
            json.begin_object();
            json.member("unit", one.unit);
            json.member("instance", one.instance);
            json.member("state", one.state);
            json.member("reason", one.reason);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
    return out;
}

Health parse_health(std::string_view text) {
    const auto value = parse_object(text);
    const JsonReader json{value};
    Health health;
    std::string word;
    json.required("health", word);
    health.well = word == "ok";
    json.read("probe", health.probe);
    json.read("why", health.why);
    if (json.find("unwell") == nullptr) return health;
    for_each_object(json.array("unwell"), [&](const JsonReader& each) {
        UnwellInstance one;
        each.required("unit", one.unit);
        each.read("instance", one.instance);
        each.read("state", one.state);
        each.read("reason", one.reason);
        health.unwell.push_back(std::move(one));
    });
    return health;
}

}  // namespace superd::wire
