#include "os/foreign_fd.hpp"

#include "os/foreign_socket.hpp"
#include "os/linger.hpp"
#include "os/refuse_descriptors.hpp"
#include "tests/unit/os/lingering.hpp"

#include <poll.h>

#include <cerrno>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

using test::Lingering;
using test::lingers;
using test::send_along;

struct Pair {
    Fd a, b;
    explicit Pair(int type) {
        int ends[2] = {-1, -1};
        EXPECT_EQ(0, ::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends));
        a = Fd{ends[0]};
        b = Fd{ends[1]};
    }
};

// Nobody reads what these sent: whoever waits for that waits longer than a test may take.

TEST(AForeignDescriptor, IsClosedWithoutWaitingForItsPeer) {
    Lingering one;
    close_foreign(std::move(one.ours));
}

TEST(AForeignDescriptor, IsClosedWithoutWaitingForWhatIsInItsQueue) {
    Lingering one;
    Pair pair{SOCK_DGRAM};
    ASSERT_TRUE(send_along(pair.a, one.ours));
    one.ours.reset();
    close_foreign(std::move(pair.b));
}

TEST(AForeignDescriptor, OfAPipeIsClosedAtOnce) {
    int ends[2];
    ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
    const Fd reading{ends[0]};
    close_foreign(Fd{ends[1]});
    pollfd hung{reading.get(), POLLIN, 0};
    EXPECT_EQ(1, ::poll(&hung, 1, 0));
}

TEST(AForeignDescriptor, OfASocketIsClosedAMomentLater) {
    Pair pair{SOCK_STREAM};
    close_foreign(std::move(pair.b));
    pollfd hung{pair.a.get(), POLLIN, 0};
    EXPECT_EQ(1, ::poll(&hung, 1, 60'000));
}

TEST(AForeignSocket, ClosesWhatComesWithBytesWithoutWaiting) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
        Lingering one;
        const Pair pair{type};
        ASSERT_TRUE(send_along(pair.a, one.ours));
        one.ours.reset();
        char byte = 0;
        EXPECT_EQ(1, receive_bytes(pair.b.get(), {&byte, 1}));
        EXPECT_EQ('x', byte);
        EXPECT_EQ(-1, receive_bytes(pair.b.get(), {&byte, 1}));
        EXPECT_EQ(EAGAIN, errno);
    }
}

TEST(AForeignSocket, IsClosedWithoutWaitingForWhatNobodyRead) {
    Lingering one;
    Pair pair{SOCK_STREAM};
    ASSERT_TRUE(send_along(pair.a, one.ours));
    one.ours.reset();
    take_unread(pair.b.get());
    EXPECT_FALSE(send_along(pair.a, one.theirs)) << "nothing more comes";
    pair.b.reset();
}

TEST(AForeignSocket, LetsNoDescriptorsComeWhereTheKernelCanRefuseThem) {
    const Pair pair{SOCK_STREAM};
    refuse_descriptors(pair.b.get());
    int takes = 1;
    socklen_t size = sizeof takes;
    constexpr int so_passrights = 83;
    if (::getsockopt(pair.b.get(), SOL_SOCKET, so_passrights, &takes, &size) != 0) {
        GTEST_SKIP() << "this kernel has no SO_PASSRIGHTS";
    }
    EXPECT_EQ(0, takes);
    EXPECT_FALSE(send_along(pair.a, pair.a));
    EXPECT_EQ(EPERM, errno);
}

TEST(Lingering, IsStoppedIfItWaits) {
    const Lingering waits, resets{0};
    stop_lingering(waits.ours.get());
    stop_lingering(resets.ours.get());
    EXPECT_EQ(0, lingers(waits.ours).l_onoff);
    EXPECT_EQ(1, lingers(resets.ours).l_onoff) << "a close that resets does not wait";
}

}  // namespace
}  // namespace superd::os
