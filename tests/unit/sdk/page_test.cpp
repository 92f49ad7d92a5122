// What the SDK writes into the shared page, read as superd reads it.
#include <memory>
#include <string>
#include <superd/metrics.hpp>
#include <superd/tasks.hpp>

#include <gtest/gtest.h>

namespace {

using namespace superd;

class SharedPage : public testing::Test {
protected:
    template <std::size_t size>
    static std::string text(const protocol::SharedText<size>& shared) {
        EXPECT_EQ(shared.version % 2, 0u);
        return {shared.text.data(), ::strnlen(shared.text.data(), shared.text.size())};
    }
    std::unique_ptr<protocol::Page> owner_ = std::make_unique<protocol::Page>();
    protocol::Page& page_ = *owner_;
};

TEST_F(SharedPage, ASlotTellsWhatItsThreadDoes) {
    {
        Slot slot{page_, 5, protocol::SlotKind::thread};
        const auto& raw = page_.slots[5];
        EXPECT_EQ(page_.header.slots_used, 6u);
        EXPECT_EQ(raw.kind, static_cast<std::uint32_t>(protocol::SlotKind::thread));
        EXPECT_EQ(raw.busy_ns, 0u);
        {
            const auto busy = slot.busy("GET /x");
            EXPECT_EQ(text(page_.busy[5]), "GET /x");
            EXPECT_NE(raw.busy_ns, 0u);
            EXPECT_EQ(raw.done, 0u);
        }
        EXPECT_EQ(raw.busy_ns, 0u);
        EXPECT_EQ(raw.done, 1u);
        slot.note(std::string(100, 'n'));
        EXPECT_EQ(text(page_.busy[5]), std::string(60, 'n'));
    }
    EXPECT_EQ(page_.slots[5].kind, 0u);
}

TEST_F(SharedPage, ASlotThatAnExceptionHasLeftIsNotBusy) {
    try {
        Slot slot{page_, 5, protocol::SlotKind::thread};
        slot.resumed();
        throw 42;
    } catch (int) {}
    EXPECT_EQ(page_.slots[5].busy_ns, 0u);
}

TEST_F(SharedPage, TasksAreListedWhileTheyLive) {
    for (const bool alone : {true, false}) {
        detail::TaskTable tasks{page_, alone};
        const auto here = std::source_location::current();
        const auto first = tasks.begin("first", 3, here), second = tasks.begin("second", 3, here);
        const auto& task = page_.tasks[second];
        EXPECT_EQ(task.id, 2u);
        EXPECT_EQ(text(task.name), "second");
        EXPECT_EQ(text(task.file), "page_test.cpp");
        EXPECT_EQ(task.line, here.line());
        EXPECT_EQ(task.slot, 3u);
        tasks.end(first);
        EXPECT_EQ(page_.tasks[first].id, 0u);
        EXPECT_EQ(tasks.id(second), 2u);
        tasks.end(second);
        EXPECT_EQ(page_.header.tasks_begun, 2u);
    }
}

TEST_F(SharedPage, WhatFindsNoFreeEntryIsCounted) {
    detail::TaskTable tasks{page_, true};
    for (std::size_t i = 0; i < protocol::tasks_max; ++i)
        ASSERT_NE(tasks.begin("x", 0, {}), detail::TaskTable::unlisted);
    const auto lost = tasks.begin("x", 0, {});
    EXPECT_EQ(lost, detail::TaskTable::unlisted);
    EXPECT_EQ(page_.header.tasks_lost, 1u);
    EXPECT_EQ(tasks.id(lost), 0u);
    tasks.end(lost);
    tasks.end(17);
    EXPECT_EQ(tasks.begin("y", 0, {}), 17u);
}

TEST_F(SharedPage, MetricsHaveOnePlaceByName) {
    Metrics metrics{page_};
    metrics.counter("requests").add(2);
    auto latency = metrics.histogram("latency ms");
    metrics.gauge("queue").set(1.5);
    metrics.counter("requests").add();
    for (const double value : {0.5, 1.0, 3.0, 1e9}) latency.record(value);

    EXPECT_EQ(text(page_.metrics[0].name), "requests");
    EXPECT_EQ(page_.metrics[0].value, 3u);
    EXPECT_EQ(text(page_.metrics[1].name), "latency ms");
    EXPECT_EQ(page_.metrics[1].value, 4u);
    EXPECT_EQ(page_.metrics[2].value, 2u);   // At or below 1.
    EXPECT_EQ(page_.metrics[3].value, 2u);   // 2.
    EXPECT_EQ(page_.metrics[4].value, 3u);   // 4.
    EXPECT_EQ(page_.metrics[17].value, 3u);  // 32768.
    EXPECT_EQ(text(page_.metrics[18].name), "queue");
    EXPECT_EQ(std::bit_cast<double>(page_.metrics[18].value.load()), 1.5);
}

TEST_F(SharedPage, MetricsThatFindNoRoomAreHarmless) {
    Metrics metrics{page_};
    for (int i = 0; i < 239; ++i) metrics.counter("n" + std::to_string(i)).add();
    metrics.histogram("no room").record(1);
    metrics.counter("fits").add();
    metrics.counter("no room either").add();
    metrics.counter(std::string(100, 'l')).add();
    EXPECT_EQ(text(page_.metrics[239].name), "fits");
}

}  // namespace
