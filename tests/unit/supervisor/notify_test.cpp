#include "supervisor/notify.hpp"

#include "tests/unit/os/lingering.hpp"

#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;

struct Pair {
    Pair() {
        int ends[2];
        EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends));
        reader = os::Fd{ends[0]};
        writer = os::Fd{ends[1]};
        const int on = 1;
        ::setsockopt(reader.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    }
    os::Fd reader, writer;
};

void send(const os::Fd& socket, std::string text, const std::vector<int>& fds = {}) {
    iovec part{text.data(), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 253)> control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!fds.empty()) {
        header.msg_control = control.data();
        header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
        cmsghdr* const first = CMSG_FIRSTHDR(&header);
        first->cmsg_level = SOL_SOCKET;
        first->cmsg_type = SCM_RIGHTS;
        first->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
        std::memcpy(CMSG_DATA(first), fds.data(), sizeof(int) * fds.size());
    }
    ASSERT_EQ(static_cast<ssize_t>(text.size()), ::sendmsg(socket.get(), &header, 0));
}

// Runs the loop until `done`, at most a minute.
void run_until(boost::asio::io_context& io, const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!done() && std::chrono::steady_clock::now() < deadline) io.run_one_until(deadline);
    ASSERT_TRUE(done());
}

std::ptrdiff_t open_descriptors() {
    const std::filesystem::directory_iterator entries{"/proc/self/fd"};
    return std::distance(begin(entries), end(entries));
}

TEST(NotifySocket, SenderIsWhoTheKernelSaysAndNotMainpid) {
    Pair pair;
    const pid_t child = ::fork();
    if (child == 0) {
        const char text[] = "READY=1\nMAINPID=1";
        ::_exit(::send(pair.writer.get(), text, sizeof text - 1, 0) > 0 ? 0 : 1);
    }
    boost::asio::io_context io;
    std::vector<NotifyMessage> got;
    NotifySocket socket{io.get_executor(), std::move(pair.reader),
                        [&](NotifyMessage message) { got.push_back(std::move(message)); }};
    run_until(io, [&] { return !got.empty(); });
    EXPECT_EQ(child, got[0].pid);
    EXPECT_EQ(::getuid(), got[0].uid);
    EXPECT_TRUE(got[0].fields->ready);
    EXPECT_EQ(1, got[0].fields->main_pid);
    int status = -1;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    EXPECT_EQ(0, status);
}

TEST(NotifySocket, HandsOnInOrderAndTellsWhatItRefuses) {
    Pair pair;
    send(pair.writer, "STATUS=a");
    send(pair.writer, std::string(notify_bytes_max + 1, 'x'));
    send(pair.writer, "STATUS=b");
    boost::asio::io_context io;
    std::vector<std::string> got;
    NotifySocket socket{
        io.get_executor(), std::move(pair.reader), [&](NotifyMessage message) {
            got.push_back(message.fields ? *message.fields->status : message.fields.error());
        }};
    run_until(io, [&] { return got.size() == 3; });
    EXPECT_EQ((std::vector<std::string>{"a", "it is longer than 4096 bytes", "b"}), got);
}

// Nobody reads what it sent: whoever closes it and waits, waits longer than a test may take.
TEST(NotifySocket, NobodyWaitsForADescriptorThatAStrangerSent) {
    Pair pair;
    test::Lingering one;
    send(pair.writer, "X=1", {one.ours.get()});
    one.ours.reset();
    send(pair.writer, "READY=1");
    boost::asio::io_context io;
    int handled = 0;
    NotifySocket socket{io.get_executor(), std::move(pair.reader),
                        [&](NotifyMessage) { ++handled; }};
    run_until(io, [&] { return handled == 2; });
}

TEST(NotifySocket, DescriptorsAreClosedWithTheMessageWhichAnswersABarrier) {
    Pair pair;
    int ends[2];
    ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    os::Fd reading{ends[0]}, writing{ends[1]};
    send(pair.writer, "BARRIER=1", {writing.get()});
    writing.reset();
    char byte = 0;
    ASSERT_EQ(-1, ::read(reading.get(), &byte, 1)) << "the message holds the pipe open";

    boost::asio::io_context io;
    bool open_in_handler = false, cloexec = false, handled = false;
    NotifySocket socket{io.get_executor(), std::move(pair.reader), [&](NotifyMessage message) {
                            ASSERT_EQ(1u, message.descriptors.size());
                            open_in_handler = ::read(reading.get(), &byte, 1) == -1;
                            const int flags = ::fcntl(message.descriptors[0].get(), F_GETFD);
                            cloexec = (flags & FD_CLOEXEC) != 0;
                            handled = true;
                        }};
    run_until(io, [&] { return handled; });
    EXPECT_TRUE(open_in_handler);
    EXPECT_TRUE(cloexec);
    EXPECT_EQ(0, ::read(reading.get(), &byte, 1)) << "end of file: nobody has it open any more";
}

TEST(NotifySocket, LeaksNoDescriptorOfAMessageThatIsRefused) {
    Pair pair;
    boost::asio::io_context io;
    int refused = 0;
    std::size_t descriptors = 0;
    NotifySocket socket{io.get_executor(), std::move(pair.reader), [&](NotifyMessage message) {
                            refused += message.fields ? 0 : 1;
                            descriptors += message.descriptors.size();
                        }};
    const auto before = open_descriptors();
    send(pair.writer, std::string(notify_bytes_max + 1, 'x'), std::vector<int>(253, 0));
    send(pair.writer, std::string("A\0B", 3), {0, 1, 2});
    run_until(io, [&] { return refused == 2; });
    EXPECT_EQ(256u, descriptors);
    // What may wait is closed by a thread of its own, a moment later.
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (before != open_descriptors() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(before, open_descriptors());
}

TEST(NotifySocket, AFloodLetsOthersHaveTheirTurn) {
    Pair pair;
    boost::asio::io_context io;
    constexpr int flood = 20'000;
    int got = 0;
    int got_before_turn = -1;
    NotifySocket socket{io.get_executor(), std::move(pair.reader), [&](NotifyMessage) {
                            // Behind the batch that is being read now.
                            if (++got == 1) boost::asio::post(io, [&] { got_before_turn = got; });
                        }};
    std::thread sender{[&] {
        for (int i = 0; i < flood; ++i) send(pair.writer, "WATCHDOG=1");
    }};
    run_until(io, [&] { return got == flood; });
    sender.join();
    EXPECT_GT(got_before_turn, 0);
    EXPECT_LE(got_before_turn, 64);
}

TEST(NotifySocket, MayBeDestroyedByItsHandler) {
    Pair pair;
    send(pair.writer, "STATUS=a");
    send(pair.writer, "STATUS=b");
    boost::asio::io_context io;
    std::unique_ptr<NotifySocket> socket;
    const auto calls = std::make_shared<int>(0);
    socket = std::make_unique<NotifySocket>(io.get_executor(), std::move(pair.reader),
                                            [&socket, calls](NotifyMessage) {
                                                socket.reset();
                                                ++*calls;
                                            });
    io.run_for(60s);  // Ends at once: nothing is left to wait for.
    EXPECT_TRUE(io.stopped());
    EXPECT_EQ(1, *calls);
}

// One after another, each with the socket that somebody else holds: as supervisors, of which all
// but the last die in the middle of the first message.
std::vector<std::string> told(const Pair& pair, int deaths) {
    std::vector<std::string> texts;
    for (int i = 0; i <= deaths; ++i) {
        boost::asio::io_context io;
        std::unique_ptr<NotifySocket> socket;
        const bool dies = i < deaths;
        socket = std::make_unique<NotifySocket>(io.get_executor(), os::Fd{::dup(pair.reader.get())},
                                                [&](NotifyMessage message) {
                                                    texts.push_back(*message.fields->status);
                                                    if (dies) socket.reset();
                                                });
        socket->drain();
    }
    return texts;
}

TEST(NotifySocket, AMessageStaysUntilItWasHandled) {
    const Pair pair;
    send(pair.writer, "STATUS=a");
    send(pair.writer, "STATUS=b");
    EXPECT_EQ((std::vector<std::string>{"a", "a", "a", "b"}), told(pair, 2));
    EXPECT_EQ((std::vector<std::string>{}), told(pair, 0));
}

TEST(NotifySocket, OneThatEndsSupervisorAfterSupervisorIsTakenOffFirst) {
    const Pair pair;
    send(pair.writer, "STATUS=a");
    send(pair.writer, "STATUS=b");
    EXPECT_EQ((std::vector<std::string>{"a", "a", "a", "a", "b"}), told(pair, 4));
    send(pair.writer, "STATUS=c");
    EXPECT_EQ((std::vector<std::string>{"c", "c"}), told(pair, 1)) << "it has its own three";
}

}  // namespace
}  // namespace superd::supervisor
