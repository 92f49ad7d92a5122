#include "ctl/render_threads.hpp"

#include <gtest/gtest.h>

namespace superctl {
namespace {

namespace wire = superd::wire;

const Style plain{false};

wire::ThreadStatus thread(std::int32_t tid, std::string name, std::optional<double> cpu,
                          double cpu_time) {
    wire::ThreadStatus one{.pid = 10, .tid = tid, .name = std::move(name), .state = "S"};
    one.cpu_percent = cpu;
    one.wait_percent = cpu ? std::optional{100 - *cpu} : std::nullopt;
    one.cpu_time = cpu_time;
    return one;
}

wire::Threads two_units() {
    wire::Threads threads{.sample = 0.2};
    auto& api = threads.instances.emplace_back();
    api.unit = "api";
    api.index = 1;
    api.instances = 2;
    api.threads = {thread(10, "api", 0, 0.4), thread(11, "pool\n", 99.5, 3725)};
    api.threads[0].wait_channel = "futex_wait_queue";
    api.threads[0].system_call = "futex";
    auto& db = threads.instances.emplace_back();
    db.unit = "db";
    db.threads = {thread(200, "db", {}, 61)};
    db.threads[0].wait_channel = "ep_poll";
    return threads;
}

TEST(Threads, AreATable) {
    EXPECT_EQ(render_threads(two_units(), "", plain),
              "INSTANCE  PID  TID  NAME   STATE  CPU%  WAIT%  CPU TIME  SLEEPS IN\n"
              "api/1      10   10  api    S       0.0  100.0     400ms  futex (futex_wait_queue)\n"
              "api/1      10   11  pool?  S      99.5    0.5    1h 02m\n"
              "db         10  200  db     S         -      -    1m 01s  ep_poll\n");
    EXPECT_EQ(render_threads({}, "", plain), "");
}

TEST(Threads, AreSorted) {
    const auto names = [](std::string_view sort) {
        const auto text = render_threads(two_units(), sort, plain);
        std::string found;
        for (std::size_t at = text.find('\n') + 1; at < text.size(); at = text.find('\n', at) + 1) {
            found += text.substr(at + 15, 3) + " ";
        }
        return found;
    };
    EXPECT_EQ(names(""), " 10  11 200 ");
    EXPECT_EQ(names("cpu"), " 11  10 200 ");
    EXPECT_EQ(names("wait"), " 10  11 200 ");
    EXPECT_EQ(names("time"), " 11 200  10 ");
    EXPECT_EQ(names("name"), " 10 200  11 ");
}

TEST(Threads, OfHostedServicesTellTheirTasks) {
    auto threads = two_units();
    threads.instances.erase(threads.instances.begin());
    threads.instances[0].threads[0].slot = wire::SlotStatus{"loop", 0.03, "GET /x", 1.5};
    EXPECT_EQ(
        render_threads(threads, "", plain),
        "INSTANCE  PID  TID  NAME  STATE  CPU%  WAIT%  CPU TIME  SLEEPS IN  BEAT  BUSY  TASK\n"
        "db         10  200  db    S         -      -    1m 01s  ep_poll    30ms  1.5s  GET "
        "/x\n");
}

TEST(Threads, ThatWereLeftOutAreCounted) {
    auto threads = two_units();
    EXPECT_EQ(left_out_text(threads), "");
    threads.instances[0].left_out = 70'000;
    EXPECT_EQ(
        left_out_text(threads),
        "api/1: 70000 more threads were not looked at; name fewer units to see more of them\n");
}

}  // namespace
}  // namespace superctl
