// A number that a hosted service counts (superd/metrics.hpp), as status tells it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace superd::wire {

class JsonReader;
class JsonWriter;

struct Metric {
    std::string name;
    std::string kind;             // counter, gauge or histogram.
    std::uint64_t count = 0;      // Of a counter; of a histogram: how many values were seen.
    std::optional<double> value;  // Of a gauge; empty where JSON has no such number.
    // Of a histogram: how many of them were at or below 1, 2, 4, 8 and so on.
    std::vector<std::uint64_t> buckets;
};

void write(JsonWriter& json, const Metric& metric);
Metric read_metric(const JsonReader& json);

}  // namespace superd::wire
