#include "ctl/metric_text.hpp"

#include "ctl/render.hpp"

#include <algorithm>
#include <cstdio>

namespace superctl {

namespace {

using superd::wire::Metric;

// The bound that so many hundredths of what was seen are not above: "at most 4".
std::string bound_of(const Metric& metric, std::uint64_t hundredths) {
    const double wanted =
        static_cast<double>(metric.count) * static_cast<double>(hundredths) / 100.0;
    for (std::size_t n = 0; n < metric.buckets.size() && n < 64; ++n) {
        if (static_cast<double>(metric.buckets[n]) >= wanted) {
            return "at most " + std::to_string(std::uint64_t{1} << n);
        }
    }
    const std::size_t last = metric.buckets.empty() ? 0 : metric.buckets.size() - 1;
    return "more than " + std::to_string(std::uint64_t{1} << std::min<std::size_t>(last, 63));
}

std::string value_text(const Metric& metric) {
    if (metric.kind == "gauge") {
        if (!metric.value) return "not a number";
        char text[32];
        std::snprintf(text, sizeof text, "%g", *metric.value);
        return text;
    }
    if (metric.kind != "histogram") return std::to_string(metric.count);
    if (metric.count == 0) return "0 seen";
    return std::to_string(metric.count) + " seen, half of them " + bound_of(metric, 50) +
           ", 99 of 100 " + bound_of(metric, 99);
}

}  // namespace

std::string metric_text(const Metric& metric) {
    return printable(metric.name) + ": " + value_text(metric);
}

}  // namespace superctl
