#include "wire/metric.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"

namespace superd::wire {

void write(JsonWriter& json, const Metric& metric) {
    json.begin_object();
    json.member("name", metric.name);
    json.member("kind", metric.kind);
    if (metric.kind == "gauge") {
        json.member("value", metric.value);
    } else {
        json.member("count", metric.count);
    }
    if (metric.kind == "histogram") {
        json.key("buckets");
        json.begin_array();
        for (const std::uint64_t each : metric.buckets) json.value(each);
        json.end_array();
    }
    json.end_object();
}

Metric read_metric(const JsonReader& json) {
    Metric metric;
    json.required("name", metric.name);
    json.required("kind", metric.kind);
    json.read("count", metric.count);
    json.read("value", metric.value);
    if (json.find("buckets") != nullptr) {
        for (const auto& each : json.array("buckets")) {
            metric.buckets.push_back(each.to_number<std::uint64_t>());
        }
    }
    return metric;
}

}  // namespace superd::wire
