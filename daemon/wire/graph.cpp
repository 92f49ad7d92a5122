#include "wire/graph.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

namespace superd::wire {

std::string serialize(const Graph& graph) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.member("roots", graph.roots);
    json.key("units");
    json.begin_array();
    for (const auto& unit : graph.units) {
        json.begin_object();
        json.member("name", unit.name);
        json.member("type", unit.type);
        json.member("state", unit.state);
        json.member("reason", unit.reason);
        json.member("ready", unit.ready);
        json.member("instances", unit.instances);
        json.key("edges");
        json.begin_array();
        for (const auto& edge : unit.edges) {
            json.begin_object();
            json.member("unit", edge.unit);
            json.member("kind", edge.kind);
            json.member("when", edge.when);
            json.end_object();
        }
        json.end_array();
        json.member("members", unit.members);
        json.member("strategy", unit.strategy);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

Graph parse_graph(std::string_view text) {
    const auto value = parse_object(text);
    Graph graph;
    JsonReader{value}.read("roots", graph.roots);
    for_each_object(JsonReader{value}.array("units"), [&](const JsonReader& json) {
        GraphUnit unit;
        json.required("name", unit.name);
        json.read("type", unit.type);
        json.required("state", unit.state);
        json.read("reason", unit.reason);
        json.read("ready", unit.ready);
        json.read("instances", unit.instances);
        for_each_object(json.array("edges"), [&](const JsonReader& each) {
            GraphEdge edge;
            each.required("unit", edge.unit);
            each.required("kind", edge.kind);
            each.read("when", edge.when);
            unit.edges.push_back(std::move(edge));
        });
        json.read("members", unit.members);
        json.read("strategy", unit.strategy);
        graph.units.push_back(std::move(unit));
    });
    return graph;
}

}  // namespace superd::wire
