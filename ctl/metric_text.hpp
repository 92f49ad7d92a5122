// What a hosted service counts, as `superctl status NAME` shows it.
#pragma once

#include "wire/metric.hpp"

#include <string>

namespace superctl {

// "requests: 1234", "guests: 2.5", "kilobytes: 200 seen, half of them at most 4, 99 of 100 at most
// 32"
std::string metric_text(const superd::wire::Metric& metric);

}  // namespace superctl
