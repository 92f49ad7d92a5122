// The page of a process that nobody holds for it; the process is this one.
#include "supervisor/own_page.hpp"

#include "os/process.hpp"
#include "tests/unit/supervisor/page_fixture.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

const auto self = static_cast<std::uint32_t>(::getpid());

struct Named : WrittenPage {
    explicit Named(std::size_t size = protocol::page_size, int seals = F_SEAL_SHRINK)
        : WrittenPage{size, seals, "superd-page"} {}
};

// What is found; empty: nothing.
os::Fd found() { return own_page(::getpid(), os::pidfd_open(::getpid()).value()).value(); }

bool same_file(const os::Fd& one, const os::Fd& other) {
    struct stat a{}, b{};
    return ::fstat(one.get(), &a) == 0 && ::fstat(other.get(), &b) == 0 && a.st_ino == b.st_ino;
}

TEST(OwnPage, IsFoundAmongAllThatIsOpen) {
    EXPECT_FALSE(found());
    const WrittenPage other;
    other.begin(self);
    EXPECT_FALSE(found()) << "it has another name";
    const Named page;
    page.begin(self);
    const os::Fd again{::dup(page.fd.get())};
    EXPECT_TRUE(same_file(found(), page.fd));
}

TEST(OwnPage, IsNoOthers) {
    const Named page;
    page.begin(self + 1);
    EXPECT_FALSE(found());
    const Named unclaimed;
    EXPECT_TRUE(same_file(found(), unclaimed.fd)) << "it is to be claimed yet";
    const Named own;
    own.begin(self);
    EXPECT_TRUE(same_file(found(), own.fd));
}

TEST(OwnPage, IsNoneThatCouldEndTheReader) {
    const Named loose{protocol::page_size, 0};
    loose.begin(self);
    const Named longer{protocol::page_size + 1};
    longer.begin(self);
    EXPECT_FALSE(found());
}

TEST(OwnPage, IsGoneWithItsProcess) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    const auto pidfd = os::pidfd_open(child);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    const auto none = own_page(child, *pidfd);
    ASSERT_TRUE(none) << "nobody is kept from looking";
    EXPECT_FALSE(*none);
    ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace superd::supervisor
