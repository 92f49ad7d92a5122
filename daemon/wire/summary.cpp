#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

#include <boost/json/monotonic_resource.hpp>

namespace superd::wire {

std::string serialize(const Summary& summary) {
    std::string out;
    out.reserve(64 + summary.rows.size() * 192);
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.key("units");
    json.begin_array();
    for (const auto& row : summary.rows) {
        json.begin_object();
        json.member("name", row.name);
        json.member("state", row.state);
        json.member("goal", row.goal);
        json.member("ready", row.ready);
        json.member("instances", row.instances);
        json.member("pid", row.pid);
        json.member("restarts", row.restarts);
        json.member("age", static_cast<double>(row.since_ms) / 1000);
        json.member("reason", row.reason);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

Summary parse_summary(std::string_view text) {
    boost::json::monotonic_resource memory{text.size() * 4 + 1024};
    const auto value = parse_object(text, &memory);
    Summary summary;
    const auto& units = JsonReader{value}.array("units");
    summary.rows.reserve(units.size());
    for_each_object(units, [&](const JsonReader& json) {
        SummaryRow row;
        double age = 0;
        json.required("name", row.name);
        json.required("state", row.state);
        json.read("goal", row.goal);
        json.read("ready", row.ready);
        json.read("instances", row.instances);
        json.read("pid", row.pid);
        json.read("restarts", row.restarts);
        json.read("age", age);
        json.read("reason", row.reason);
        if (!(age >= 0 && age < 1e12)) throw_shape("an age is out of range");
        row.since_ms = static_cast<std::int64_t>(age * 1000 + 0.5);
        summary.rows.push_back(std::move(row));
    });
    return summary;
}

}  // namespace superd::wire
