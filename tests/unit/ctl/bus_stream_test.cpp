#include "ctl/bus_stream.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

namespace superctl {
namespace {

using namespace std::chrono_literals;

// A message without a body, of this machine's byte order.
std::string message(BusAnswer::Type type, std::uint32_t reply_to, std::uint32_t descriptors) {
    const auto number = [](std::uint32_t value) {
        std::string bytes(sizeof value, '\0');
        std::memcpy(bytes.data(), &value, sizeof value);
        return bytes;
    };
    std::string fields;
    for (const auto& [code, value] : {std::pair{5, reply_to}, std::pair{9, descriptors}}) {
        fields.resize((fields.size() + 7) / 8 * 8);
        fields += {static_cast<char>(code), 1, 'u', 0};
        fields += number(value);
    }
    auto out = serialize({}).substr(0, 1) + std::string{static_cast<char>(type), 0, 1} + number(0) +
               number(1) + number(static_cast<std::uint32_t>(fields.size())) + fields;
    out.resize((out.size() + 7) / 8 * 8);
    return out;
}

class Streams : public testing::Test {
protected:
    Streams() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw std::runtime_error{"socketpair"};
        }
        bus_ = ends[0];
        own_ = ends[1];
    }
    ~Streams() override {
        ::close(bus_);
        ::close(own_);
    }

    // From the bus, with the end of a pipe that `mark` can be read from.
    void send(std::string bytes, char mark = 0) const {
        std::array<int, 2> pipe{-1, -1};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        iovec part{bytes.data(), bytes.size()};
        msghdr all{};
        all.msg_iov = &part;
        all.msg_iovlen = 1;
        if (mark != 0) {
            ASSERT_EQ(::pipe(pipe.data()), 0);
            ASSERT_EQ(::write(pipe[1], &mark, 1), 1);
            all.msg_control = control.data();
            all.msg_controllen = control.size();
            auto* const head = CMSG_FIRSTHDR(&all);
            head->cmsg_level = SOL_SOCKET;
            head->cmsg_type = SCM_RIGHTS;
            head->cmsg_len = CMSG_LEN(sizeof(int));
            std::memcpy(CMSG_DATA(head), pipe.data(), sizeof(int));
        }
        ASSERT_EQ(::sendmsg(bus_, &all, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
        for (const int end : pipe) ::close(end);
    }

    static char mark_of(const std::optional<Socket>& descriptor) {
        char mark = 0;
        return descriptor && ::read(descriptor->get(), &mark, 1) == 1 ? mark : 0;
    }

    BusStream reader(std::chrono::milliseconds patience) const {
        return {own_, BusStream::Clock::now() + patience};
    }

    int bus_ = -1, own_ = -1;
};

TEST_F(Streams, AStrangersDescriptorIsNotTakenForTheAnswers) {
    send(message(BusAnswer::Type::signal, 0, 1), 'x');
    send(message(BusAnswer::Type::done, 2, 1), 's');
    auto stream = reader(20s);
    ASSERT_TRUE(stream.answer(2));
    EXPECT_EQ(mark_of(stream.take_descriptor()), 's');
}

TEST_F(Streams, AnAnswerWithoutADescriptorHasNone) {
    send(message(BusAnswer::Type::signal, 0, 1), 'x');
    send(message(BusAnswer::Type::done, 2, 0));
    auto stream = reader(20s);
    ASSERT_TRUE(stream.answer(2));
    EXPECT_FALSE(stream.take_descriptor());
}

TEST_F(Streams, AnAnswerWhoseDescriptorsDidNotComeIsNone) {
    send(message(BusAnswer::Type::done, 2, 1));
    auto stream = reader(20s);
    EXPECT_FALSE(stream.answer(2));
    EXPECT_FALSE(stream.out_of_time());
}

TEST_F(Streams, TheDeadlineIsForAllThatComesTogether) {
    // There is always something to read, of who sends without end.
    send(message(BusAnswer::Type::done, 2, 0));
    auto stream = reader(-1ms);
    EXPECT_FALSE(stream.answer(2));
    EXPECT_TRUE(stream.out_of_time());
}

}  // namespace
}  // namespace superctl
