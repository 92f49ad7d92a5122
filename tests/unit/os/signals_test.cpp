#include "os/signals.hpp"

#include <signal.h>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

TEST(Signals, AreKnownByAnyOfTheirNames) {
    for (const char* name : {"SIGTERM", "TERM", "15", "sigterm", "Term"}) {
        EXPECT_EQ(SIGTERM, signal_number(name)) << name;
    }
    EXPECT_EQ(SIGABRT, signal_number("IOT"));
    EXPECT_EQ(SIGCHLD, signal_number("SIGCLD"));
    EXPECT_EQ(SIGRTMIN, signal_number("SIGRTMIN"));
    EXPECT_EQ(SIGRTMIN + 3, signal_number("rtmin+3"));
    EXPECT_EQ(SIGRTMAX - 1, signal_number("SIGRTMAX-1"));
    EXPECT_EQ(SIGRTMAX, signal_number("RTMAX"));
}

TEST(Signals, ThatDoNotExistAreRefused) {
    for (const char* name : {"", "SIG", "SIGFOO", "0", "-1", "65", "99", "15x", "RTMIN+99",
                             "RTMIN-1", "RTMAX+1", "RTMIN+", "SIGSIGTERM", "RTMINX"}) {
        EXPECT_FALSE(signal_number(name).has_value()) << name;
    }
}

TEST(Signals, HaveANameThatLeadsBack) {
    EXPECT_EQ("SIGKILL", signal_name(SIGKILL));
    EXPECT_EQ("SIGRTMIN", signal_name(SIGRTMIN));
    EXPECT_EQ("SIGRTMIN+2", signal_name(SIGRTMIN + 2));
    EXPECT_EQ("signal 99", signal_name(99));
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
        EXPECT_EQ(number, signal_number(signal_name(number)));
    }
}

}  // namespace
}  // namespace superd::os
