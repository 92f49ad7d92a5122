#include "wire/metric.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace superd::wire {
namespace {

std::string written(const Metric& metric) {
    std::string text;
    JsonWriter json{text};
    write(json, metric);
    return text;
}

Metric again(const Metric& metric) {
    const auto parsed = parse_object(written(metric));
    return read_metric(JsonReader{parsed});
}

TEST(Metric, IsReadAsItWasWritten) {
    EXPECT_EQ(written({.name = "hits", .kind = "counter", .count = 17}),
              R"({"name":"hits","kind":"counter","count":17})");
    EXPECT_EQ(again({.name = "guests", .kind = "gauge", .value = 0.5}).value, 0.5);
    const auto seen = again({.name = "ms", .kind = "histogram", .count = 9, .buckets = {1, 5, 9}});
    EXPECT_EQ(seen.count, 9u);
    EXPECT_EQ(seen.buckets, (std::vector<std::uint64_t>{1, 5, 9}));
}

TEST(Metric, HasNoNumberWhereJsonHasNone) {
    EXPECT_EQ(written({.name = "x", .kind = "gauge"}),
              R"({"name":"x","kind":"gauge","value":null})");
    EXPECT_FALSE(
        again({.name = "x", .kind = "gauge", .value = std::numeric_limits<double>::infinity()})
            .value);
}

TEST(Metric, OfAnotherShapeIsRefused) {
    for (const char* const text :
         {R"({"kind":"gauge"})", R"({"name":"x"})", R"({"name":1,"kind":"gauge"})",
          R"({"name":"x","kind":"histogram","buckets":["a"]})",
          R"({"name":"x","kind":"histogram","buckets":{}})"}) {
        const auto parsed = parse_object(text);
        EXPECT_THROW(read_metric(JsonReader{parsed}), boost::system::system_error) << text;
    }
}

}  // namespace
}  // namespace superd::wire
