// What superd reads of a worker's page, whatever stands there.
#include "page_fixture.hpp"

#include <atomic>
#include <bit>
#include <cstring>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using protocol::SlotKind;

TEST(WorkerPage, ThatNobodyCallsHisOwnHasNoHead) {
    const WrittenPage written;
    const auto page = written.mapped();
    EXPECT_FALSE(page.head());
    written.begin(4711);
    const auto head = page.head();
    ASSERT_TRUE(head);
    EXPECT_EQ(head->pid, 4711);
    EXPECT_EQ(head->worker, 1u);
    EXPECT_EQ(head->started_ns, 5);
    EXPECT_FALSE(head->stopping);
    written.page->header.version = 2;
    EXPECT_FALSE(page.head()) << "another version may mean anything";
}

TEST(WorkerPage, ThatCouldBeCutIsRefused) {
    const WrittenPage open{protocol::page_size, 0};
    const auto refused = WorkerPage::map(open.fd);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message().contains("not sealed against shrinking"))
        << refused.error().message();
    const WrittenPage small{4096};
    ASSERT_FALSE(WorkerPage::map(small.fd));
    EXPECT_TRUE(WorkerPage::map(small.fd).error().message().contains("4096 bytes"));
    EXPECT_FALSE(WorkerPage::map(os::Fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)}));
}

TEST(WorkerPage, ShowsSlotsThatAreUsed) {
    const WrittenPage written;
    auto& slot = written.slot(2, SlotKind::loop, 99);
    slot.beat_ns = 10;
    slot.busy_ns = 9;
    slot.done = 8;
    slot.live = 7;
    slot.lag_us = 6;
    slot.lag_worst_us = 60;
    slot.stack[0] = 0x1000;
    slot.stack[1] = 0x2000;
    slot.frames = 2;
    WrittenPage::write(written.page->busy[2], "GET /x");
    const auto page = written.mapped();
    const auto slots = page.slots(3);
    ASSERT_EQ(slots.size(), 1u);
    EXPECT_EQ(slots[0].index, 2u);
    EXPECT_EQ(slots[0].kind, SlotKind::loop);
    EXPECT_EQ(slots[0].tid, 99);
    EXPECT_EQ(slots[0].beat_ns, 10);
    EXPECT_EQ(slots[0].busy_ns, 9);
    EXPECT_EQ(slots[0].done, 8u);
    EXPECT_EQ(slots[0].live, 7u);
    EXPECT_EQ(slots[0].lag_us, 6u);
    EXPECT_EQ(slots[0].lag_worst_us, 60u);
    EXPECT_TRUE(page.slots(2).empty());
    EXPECT_EQ(page.busy_text(2), "GET /x");
    EXPECT_EQ(page.stack(2), (std::vector<std::uint64_t>{0x1000, 0x2000}));
    EXPECT_TRUE(page.stack(3).empty());
}

TEST(WorkerPage, ShowsTasksAndMetrics) {
    const WrittenPage written;
    for (std::size_t i : {0u, 5u, 4095u}) {
        auto& task = written.page->tasks[i];
        task.started_ns = 100;
        task.line = 42;
        task.state = 1;
        WrittenPage::write(task.name, "client " + std::to_string(i));
        WrittenPage::write(task.file, "chat.cpp");
        task.id = i + 1;
    }
    auto& counter = written.page->metrics[0];
    counter.kind = 1;
    counter.value = 17;
    WrittenPage::write(counter.name, "hits");
    auto& gauge = written.page->metrics[1];
    gauge.kind = 2;
    gauge.value = std::bit_cast<std::uint64_t>(0.5);
    auto& histogram = written.page->metrics[protocol::metrics_max - 3];
    histogram.kind = 3;
    histogram.value = 5;
    written.page->metrics[protocol::metrics_max - 2].value = 3;
    const auto page = written.mapped();
    std::size_t more = 0;
    const auto tasks = page.tasks(2, more);
    ASSERT_EQ(tasks.size(), 2u);
    EXPECT_EQ(more, 1u);
    EXPECT_EQ(tasks[1].id, 6u);
    EXPECT_EQ(tasks[1].name, "client 5");
    EXPECT_EQ(tasks[1].file, "chat.cpp");
    EXPECT_EQ(tasks[1].line, 42u);
    EXPECT_EQ(tasks[1].state, protocol::TaskState::running);
    const auto metrics = page.metrics();
    ASSERT_EQ(metrics.size(), 3u);
    EXPECT_EQ(metrics[0].name, "hits");
    EXPECT_EQ(metrics[0].count, 17u);
    EXPECT_EQ(metrics[1].value, 0.5);
    EXPECT_EQ(metrics[2].count, 5u);
    EXPECT_EQ(metrics[2].buckets, (std::vector<std::uint64_t>{3, 0})) << "as far as there are any";
}

TEST(WorkerPage, ShowsACrash) {
    const WrittenPage written;
    const auto page = written.mapped();
    EXPECT_FALSE(page.crash());
    auto& crash = written.page->crash;
    crash.tid = 12;
    crash.address = 0xdead;
    crash.code = 1;
    crash.slot = 3;
    crash.task = 4;
    crash.signal = 11;
    const auto told = page.crash();
    ASSERT_TRUE(told);
    EXPECT_EQ(told->signal, 11);
    EXPECT_EQ(told->tid, 12);
    EXPECT_EQ(told->address, 0xdeadu);
    EXPECT_EQ(told->slot, 3u);
    EXPECT_EQ(told->task, 4u);
    crash.slot = 0xffff'ffff;
    EXPECT_FALSE(page.crash()->slot);
    crash.signal = 10'000;
    EXPECT_FALSE(page.crash()) << "there is no such signal";
}

TEST(WorkerPage, BelievesNoNumberThatIsTooHigh) {
    const WrittenPage written;
    std::memset(static_cast<void*>(written.page), 0xff, protocol::page_size);
    written.begin(1);
    const auto page = written.mapped();
    EXPECT_EQ(page.head()->slots_used, protocol::slots_max);
    EXPECT_TRUE(page.slots(0xffff'ffff).empty()) << "kinds that there are not";
    for (auto& slot : written.page->slots) slot.kind = 1;
    const auto slots = page.slots(0xffff'ffff);
    ASSERT_EQ(slots.size(), protocol::slots_max);
    EXPECT_EQ(slots[0].beat_ns, 0) << "no moment";
    EXPECT_EQ(page.stack(255).size(), protocol::frames_max);
    EXPECT_TRUE(page.stack(256).empty());
    EXPECT_EQ(page.busy_text(0).size(), 60u);
    EXPECT_EQ(page.busy_text(0xffff'ffff), "");
    std::size_t more = 0;
    EXPECT_EQ(page.tasks(10, more).size(), 10u);
    EXPECT_EQ(more, protocol::tasks_max - 10);
}

TEST(WorkerPage, AnythingAtAllCanBeRead) {
    const WrittenPage written;
    std::mt19937_64 random{std::random_device{}()};
    auto* const words = reinterpret_cast<std::uint64_t*>(written.page);
    for (int round = 0; round < 20; ++round) {
        for (std::size_t i = 0; i < protocol::page_size / 8; ++i) words[i] = random();
        written.begin(1);
        for (auto& metric : written.page->metrics) metric.kind = metric.kind % 4;
        const auto page = written.mapped();
        std::size_t more = 0;
        for (const auto& slot : page.slots(page.head()->slots_used)) {
            EXPECT_LE(page.busy_text(slot.index).size(), 60u);
            EXPECT_GE(slot.beat_ns, 0);
        }
        EXPECT_LE(page.tasks(100, more).size(), 100u);
        EXPECT_LE(page.metrics().size(), protocol::metrics_max);
        page.crash();
    }
}

// One of two texts, never a mixture, though they change all the time.
TEST(WorkerPage, TextsAreWholeWhileTheyAreWritten) {
    const WrittenPage written;
    auto& text = written.page->busy[0];
    WrittenPage::write(text, std::string(60, 'a'));
    std::atomic<bool> stop = false;
    std::thread writer{[&] {
        for (char c = 'b'; !stop; c = c == 'a' ? 'b' : 'a') {
            text.version.fetch_add(1);
            for (volatile char& each : text.text) each = c;
            text.version.fetch_add(1);
            std::this_thread::yield();  // Now and then there is time to read it.
        }
    }};
    const auto page = written.mapped();
    for (int whole = 0; whole < 1000;) {
        const std::uint32_t before = text.version;
        const std::string got = page.busy_text(0);
        const bool mixed = got.find_first_not_of(got[0]) != got.npos;
        whole += mixed ? 0 : 1;
        // The writer may have been at it, and interrupted, all the time.
        const bool still = before % 2 == 0 && text.version == before;
        EXPECT_FALSE(mixed && still) << got;
    }
    stop = true;
    writer.join();
}

TEST(WorkerPage, IsMoved) {
    const WrittenPage one, other;
    one.begin(1);
    other.begin(2);
    auto page = one.mapped();
    page = other.mapped();
    EXPECT_EQ(page.head()->pid, 2);
    const WorkerPage moved{std::move(page)};
    EXPECT_EQ(moved.head()->pid, 2);
}

}  // namespace
}  // namespace superd::supervisor
