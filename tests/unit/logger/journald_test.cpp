// Entries for systemd's journal, and how they are given to it.
#include "logger/journald.hpp"

#include "logger/journald_entry.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::logger {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::int64_t one_second = 1'000'000'000;

// In the journal's place.
class Receiver {
public:
    explicit Receiver(const std::string& path)
        : socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        ::unlink(path.c_str());
        EXPECT_EQ(
            ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    // The next entry; empty if there is none.
    std::string take() {
        std::string text(1 << 20, '\0');
        std::array<char, CMSG_SPACE(sizeof(int))> control{};
        iovec room{text.data(), text.size()};
        msghdr message{};
        message.msg_iov = &room;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto got = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
        if (got < 0) return {};
        text.resize(static_cast<std::size_t>(got));
        const cmsghdr* const head = CMSG_FIRSTHDR(&message);
        if (head == nullptr) return text;
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
        const os::Fd file{descriptor};
        EXPECT_EQ(::fcntl(descriptor, F_GET_SEALS),
                  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
        struct stat info{};
        ::fstat(descriptor, &info);
        text.resize(static_cast<std::size_t>(info.st_size));
        EXPECT_EQ(::pread(descriptor, text.data(), text.size(), 0), info.st_size);
        return text;
    }

private:
    os::Fd socket_;
};

class JournaldTest : public testing::Test {
protected:
    JournaldTest() : path_{testing::TempDir() + "journald-" + std::to_string(::getpid())} {}
    ~JournaldTest() override { std::filesystem::remove(path_); }
    std::string path_;
};

TEST(JournaldEntry, HasTheFieldsOfALine) {
    const JournaldEntry entries{{"web", 2, 77}, 17, Stream::out, 1'700'000'000 * one_second};
    const auto entry = entries.of({"hello", false});
    for (const auto* const field :
         {"MESSAGE=hello\n", "PRIORITY=6\n", "SYSLOG_IDENTIFIER=web\n", "SUPERD_UNIT=web\n",
          "SUPERD_INSTANCE=2\n", "SUPERD_RUN=17\n", "SUPERD_STREAM=out\n", "OBJECT_PID=77\n",
          "SUPERD_TIME=2023-11-14T22:13:20.000000Z\n"}) {
        EXPECT_THAT(entry, HasSubstr(field));
    }
    EXPECT_THAT(entry, Not(HasSubstr("SUPERD_PARTIAL")));
    EXPECT_THAT(entries.of({"x", true}), HasSubstr("SUPERD_PARTIAL=1\n"));
}

TEST(JournaldEntry, TakesThePriorityThatALineSays) {
    const JournaldEntry errors{{"web", 0, 0}, 1, Stream::err, 0};
    EXPECT_THAT(errors.of({"<2>bad", false}), StartsWith("MESSAGE=bad\nPRIORITY=2\n"));
    EXPECT_THAT(errors.of({"bad", false}), StartsWith("MESSAGE=bad\nPRIORITY=4\n"));
    EXPECT_THAT(errors.of({"<9>x", false}), StartsWith("MESSAGE=<9>x\nPRIORITY=4\n"));
    EXPECT_THAT(errors.of({"<2", false}), StartsWith("MESSAGE=<2\nPRIORITY=4\n"));
    EXPECT_THAT(errors.of({"x", false}), Not(HasSubstr("OBJECT_PID")));
}

TEST(JournaldEntry, AHookIsNamed) {
    const JournaldEntry entries{{"web", 0, 1, "pre-start"}, 1, Stream::out, 0};
    EXPECT_THAT(entries.of({"x", false}), HasSubstr("MESSAGE=[pre-start] x\n"));
    EXPECT_THAT(entries.of({"x", false}), HasSubstr("SUPERD_HOOK=pre-start\n"));
}

TEST(JournaldEntry, AValueWithANewlineHasItsLength) {
    std::string entry;
    append_field(entry, "MESSAGE", "a\nb");
    EXPECT_EQ(entry, (std::string{"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n", 20}));
}

TEST_F(JournaldTest, GivesEntriesAndFindsAJournalAgain) {
    Journald journald{path_};
    EXPECT_FALSE(journald.give("A=1\n", one_second));
    {
        Receiver receiver{path_};
        EXPECT_FALSE(journald.available(one_second + one_second / 2))
            << "it looks once a one_second";
        EXPECT_TRUE(journald.give("A=2\n", 3 * one_second));
        EXPECT_EQ(receiver.take(), "A=2\n");
    }
    EXPECT_FALSE(journald.give("A=3\n", 3 * one_second + 1)) << "nobody is there";
    Receiver another{path_};
    EXPECT_TRUE(journald.give("A=4\n", 9 * one_second));
    EXPECT_EQ(another.take(), "A=4\n");
}

TEST_F(JournaldTest, WhatIsNotTakenWaitsInOrderAndWithinABound) {
    Receiver receiver{path_};
    Journald journald{path_};
    const std::string padding(4096, 'x');
    unsigned count = 0;
    while (journald.take_dropped() == 0) {
        ASSERT_LT(count, 100'000u);
        EXPECT_TRUE(journald.give(std::to_string(count++) + padding, one_second));
    }
    EXPECT_TRUE(journald.waiting());
    for (unsigned expected = 0; expected + 1 < count; ++expected) {
        journald.flush(one_second);
        ASSERT_EQ(receiver.take(), std::to_string(expected) + padding);
    }
    EXPECT_FALSE(journald.waiting());
    EXPECT_EQ(receiver.take(), "");
}

TEST_F(JournaldTest, AnEntryLargerThanADatagramIsASealedFile) {
    Receiver receiver{path_};
    Journald journald{path_};
    const std::string large(40 << 20, 'x');
    EXPECT_TRUE(journald.give(large, one_second));
    EXPECT_TRUE(receiver.take() == large);
}

}  // namespace
}  // namespace superd::logger
