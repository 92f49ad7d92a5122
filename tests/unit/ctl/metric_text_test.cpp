#include "ctl/metric_text.hpp"

#include <gtest/gtest.h>

namespace superctl {
namespace {

TEST(MetricText, TellsEachKindInItsOwnWay) {
    EXPECT_EQ(metric_text({.name = "requests", .kind = "counter", .count = 1234}),
              "requests: 1234");
    EXPECT_EQ(metric_text({.name = "guests", .kind = "gauge", .value = 2.5}), "guests: 2.5");
    EXPECT_EQ(metric_text({.name = "guests", .kind = "gauge"}), "guests: not a number");
    EXPECT_EQ(metric_text({.name = "kilobytes",
                           .kind = "histogram",
                           .count = 200,
                           .buckets = {10, 20, 100, 150, 190, 199}}),
              "kilobytes: 200 seen, half of them at most 4, 99 of 100 at most 32");
}

TEST(MetricText, MakesNothingUp) {
    EXPECT_EQ(metric_text({.name = "ms", .kind = "histogram", .buckets = {0}}), "ms: 0 seen");
    EXPECT_EQ(metric_text({.name = "ms", .kind = "histogram", .count = 4, .buckets = {1, 2}}),
              "ms: 4 seen, half of them at most 2, 99 of 100 more than 2");
    EXPECT_EQ(metric_text({.name = "ms", .kind = "histogram", .count = 4}),
              "ms: 4 seen, half of them more than 1, 99 of 100 more than 1");
    // Its name is the service's: nothing of it is for the terminal.
    EXPECT_EQ(metric_text({.name = "a\x1b[2Jb", .kind = "counter"}).find('\x1b'),
              std::string::npos);
}

}  // namespace
}  // namespace superctl
