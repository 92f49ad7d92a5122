#include "wire/threads.hpp"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace superd::wire {
namespace {

TEST(Threads, ComeBackAsTheyWere) {
    Threads threads{.sample = 0.2};
    auto& web = threads.instances.emplace_back();
    web.unit = "web";
    web.index = 1;
    web.instances = 2;
    web.state = "ready";
    web.processes = 3;
    web.left_out = 70'000;
    ThreadStatus one{.pid = 10, .tid = 11, .name = "pool-\"1\"", .state = "S"};
    one.cpu_percent = 98.5;
    one.wait_percent = 0;
    one.cpu_time = 1.25;
    one.wait_time = 0.5;
    one.processor = 1;
    one.wait_channel = "futex_wait_queue";
    one.system_call = "futex";
    one.slot = SlotStatus{"loop", 0.02, "GET /x", 0.5};
    web.threads = {one, ThreadStatus{.pid = 10, .tid = 12, .state = "R"}};
    const auto text = serialize(threads);
    EXPECT_EQ(serialize(parse_threads(text)), text);
    const auto again = parse_threads(text).instances.at(0);
    EXPECT_EQ(again.threads.at(0).slot->task, "GET /x");
    EXPECT_EQ(again.threads.at(0).cpu_percent, 98.5);
    EXPECT_FALSE(again.threads.at(1).slot);
    EXPECT_FALSE(again.threads.at(1).cpu_percent);
    EXPECT_EQ(again.left_out, 70'000u);
}

TEST(Threads, OfAnotherShapeAreRefused) {
    using Error = boost::system::system_error;
    EXPECT_THROW(parse_threads("{}"), Error);
    EXPECT_THROW(parse_threads(R"({"instances":[{"unit":"web"}]})"), Error);
    EXPECT_THROW(parse_threads(R"({"instances":[{"unit":"web","instance":0,"threads":[{}]}]})"),
                 Error);
}

}  // namespace
}  // namespace superd::wire
