#include "worker/notify.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> said;

class Notifying : public testing::Test {
protected:
    Notifying() {
        said.clear();
        char directory[] = "/tmp/superd-notify-XXXXXX";
        directory_ = ::mkdtemp(directory);
        path_ = directory_ + "/notify";
        ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
        notifier_.open();
    }
    ~Notifying() override {
        ::unsetenv("NOTIFY_SOCKET");
        ::unlink(path_.c_str());
        ::rmdir(directory_.c_str());
    }

    // As a superd that is there from now on.
    void listen() {
        superd_ = os::Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        path_.copy(address.sun_path, path_.size());
        ::unlink(path_.c_str());
        ASSERT_EQ(
            ::bind(superd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }

    // The next message; waits for it.
    std::string hear() {
        char text[1000];
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        iovec part{text, sizeof text};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        const auto size = ::recvmsg(superd_.get(), &header, MSG_CMSG_CLOEXEC);
        std::string heard{text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
        if (const cmsghdr* attached = CMSG_FIRSTHDR(&header)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(attached), sizeof fd);
            const os::Fd owned{fd};
            heard += " with " + std::to_string(::lseek(fd, 0, SEEK_END)) + " bytes";
        }
        return heard;
    }

    std::string directory_, path_;
    os::Fd superd_;
    Notifier notifier_{[](int, std::string_view text) { said.emplace_back(text); }};
};

TEST_F(Notifying, WhatNobodyHeardIsToldInItsOrderAsSoonAsSomebodyIsThere) {
    os::Fd memory{::memfd_create("known", MFD_CLOEXEC)};
    ASSERT_EQ(::ftruncate(memory.get(), 77), 0);
    EXPECT_EQ(notifier_.send("FDSTORE=1\nFDNAME=shared.known", memory.get()), 0);
    memory.reset();
    EXPECT_EQ(notifier_.send("READY=1", -1), 0);
    EXPECT_EQ(notifier_.send("STATUS=said anew", -1), 0);
    EXPECT_EQ(notifier_.send("WATCHDOG=1", -1), ENOENT) << "it is too old when it is told";
    EXPECT_EQ(notifier_.send("X_SUPERD_RECYCLE=tasks", -1), 0);
    EXPECT_EQ(notifier_.send("X_SUPERD_RECYCLE=tasks", -1), 0) << "and once is enough";
    EXPECT_EQ(notifier_.send("STATUS=the last", -1), 0);
    listen();
    EXPECT_EQ(hear(), "FDSTORE=1\nFDNAME=shared.known with 77 bytes");
    EXPECT_EQ(hear(), "READY=1");
    EXPECT_EQ(hear(), "X_SUPERD_RECYCLE=tasks");
    EXPECT_EQ(hear(), "STATUS=the last");
    EXPECT_THAT(said,
                ElementsAre("superd does not listen now: FDSTORE=1 is said again until it does"));
    // Which does not stay there.
    superd_.reset();
    EXPECT_EQ(notifier_.send("STOPPING=1", -1), ECONNREFUSED);
    EXPECT_EQ(notifier_.send("X_SUPERD_RECYCLE=reload", -1), 0);
    listen();
    EXPECT_EQ(hear(), "X_SUPERD_RECYCLE=reload");
    EXPECT_EQ(said.size(), 2u);
}

TEST_F(Notifying, WhatASuperdIsTooBusyForIsToldLater) {
    listen();
    // More than the socket's queue has room for.
    for (int i = 0; i < 200; ++i)
        ASSERT_EQ(notifier_.send("X_SUPERD_RECYCLE=" + std::to_string(i), -1), 0);
    EXPECT_THAT(said, IsEmpty()) << "it is there";
    for (int i = 0; i < 200; ++i) ASSERT_EQ(hear(), "X_SUPERD_RECYCLE=" + std::to_string(i));
}

TEST_F(Notifying, WhatIsKeptDoesNotKeepTheWorker) { EXPECT_EQ(notifier_.send("READY=1", -1), 0); }

}  // namespace
}  // namespace superd::worker
