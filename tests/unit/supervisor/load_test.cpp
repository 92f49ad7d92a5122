#include "supervisor/load.hpp"

#include "tests/unit/supervisor/keeper_end.hpp"

#include <sys/mman.h>

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

TEST(LoadMeterTest, ASlotThatNobodyUsesIsNotAtWork) {
    boost::asio::io_context io;
    KeeperEnd keeper;
    KeeperLink link{io.get_executor(), keeper.take_link()};
    Pages pages{link, [](core::RunId) {}};
    const auto fd = pages.make(3, 7, [](core::RunId) { return true; });
    ASSERT_TRUE(fd);
    void* const at =
        ::mmap(nullptr, protocol::page_size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    ASSERT_NE(at, MAP_FAILED);
    auto& page = *static_cast<protocol::Page*>(at);
    page.header.magic = protocol::page_magic;
    page.header.slots_used = 3;
    for (const std::uint32_t used : {1, 2}) {
        page.slots[used].kind = static_cast<std::uint32_t>(protocol::SlotKind::thread);
        page.slots[used].busy_ns = 1;
    }
    config::Unit unit;
    unit.hosted = std::make_unique<config::Hosted>();
    unit.hosted->model = config::Model::threads;
    unit.hosted->threads = 2;
    core::Unit known;
    core::Instance& instance = known.instances.emplace_back();
    instance.state = core::State::ready;
    instance.run = 7;
    instance.pid = ::getpid();
    Listeners listeners{link};
    LoadMeter meter;
    const core::Instant now{std::chrono::seconds{1}};
    EXPECT_EQ(meter.measure(unit, known, listeners, pages, now).utilisation, 1);
    // Its thread has ended with an exception, and has left it as it was.
    page.slots[1].kind = 0;
    EXPECT_EQ(meter.measure(unit, known, listeners, pages, now).utilisation, 0.5);
    ::munmap(at, protocol::page_size);
}

}  // namespace
}  // namespace superd::supervisor
