#include "supervisor/own_child.hpp"

#include <unistd.h>

#include <array>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

// Asio may tell a descriptor of what came for another, closed a moment ago: both were ready at
// once, and the new one has taken the old one's place.
TEST(OwnChild, IsNotTakenForEndedWhenAnotherDescriptorWasReady) {
    boost::asio::io_context io;
    std::array<std::optional<Descriptor>, 2> ends;
    std::array<Descriptor, 2> writers{Descriptor{io}, Descriptor{io}};
    for (std::size_t i = 0; i < ends.size(); ++i) {
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        ends[i].emplace(io, pipe[0]);
        writers[i].assign(pipe[1]);
    }
    os::SpawnPlan plan;
    plan.argv = {"/bin/sh", "-c", "sleep 0.1; exit 3"};
    std::optional<core::ExitStatus> ended;
    const auto start = [&](std::size_t other) {
        ends[other].reset();
        ASSERT_TRUE(OwnChild::start(io.get_executor(), plan,
                                    [&](const core::ExitStatus& status) { ended = status; }));
    };
    for (std::size_t i = 0; i < ends.size(); ++i) {
        ends[i]->async_wait(Descriptor::wait_read, [&, i](boost::system::error_code error) {
            if (!error) start(1 - i);
        });
    }
    io.poll();  // Both are waited for before both are ready.
    for (auto& writer : writers) ASSERT_EQ(::write(writer.native_handle(), "x", 1), 1);
    io.run();
    EXPECT_EQ(ended, (core::ExitStatus{.code = 3}));
}

}  // namespace
}  // namespace superd::supervisor
