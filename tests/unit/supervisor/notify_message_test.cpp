#include "supervisor/notify_message.hpp"

#include <string>

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;

TEST(NotifyMessage, TakesInWhatSystemdDocuments) {
    const auto fields = parse_notify(
        "READY=1\nSTATUS=Serving: 3 = many\nMAINPID=42\nERRNO=2\nWATCHDOG=1\n"
        "RELOADING=1\nMONOTONIC_USEC=5000\nEXTEND_TIMEOUT_USEC=7\nWATCHDOG_USEC=9\nSTOPPING=1\n");
    ASSERT_TRUE(fields);
    EXPECT_TRUE(fields->ready && fields->reloading && fields->stopping && fields->watchdog);
    EXPECT_FALSE(fields->barrier || fields->watchdog_trigger);
    EXPECT_EQ("Serving: 3 = many", fields->status);
    EXPECT_EQ(42, fields->main_pid);
    EXPECT_EQ(2, fields->error);
    EXPECT_EQ(5000us, fields->monotonic);
    EXPECT_EQ(7us, fields->extend_timeout);
    EXPECT_EQ(9us, fields->watchdog_every);
    EXPECT_EQ("", fields->problem);
}

TEST(NotifyMessage, NeedsNoFinalNewlineAndForgivesOneFinalNul) {
    EXPECT_TRUE(parse_notify("READY=1")->ready);
    EXPECT_TRUE(parse_notify(std::string_view{"READY=1\0", 8})->ready);
    EXPECT_TRUE(parse_notify("\n\nREADY=1\n\n")->ready);
    EXPECT_TRUE(parse_notify("BARRIER=1")->barrier);
    EXPECT_TRUE(parse_notify("WATCHDOG=trigger")->watchdog_trigger);
}

TEST(NotifyMessage, LastOfTwoValuesCountsAndAnEmptyStatusClears) {
    EXPECT_EQ("b", parse_notify("STATUS=a\nSTATUS=b")->status);
    EXPECT_EQ("", parse_notify("STATUS=")->status);
}

TEST(NotifyMessage, UnknownNamesAreNobodysConcern) {
    const auto fields = parse_notify("X_MINE=1\nFDNAME=x\nREADY=1\nready=1");
    EXPECT_TRUE(fields->ready);
    EXPECT_EQ("", fields->problem);
}

TEST(NotifyMessage, ReadinessIsNothingButTheExactWord) {
    for (const char* text : {"READY=0", "READY=", "READY=11", "READY=1 ", " READY=1", "XREADY=1"}) {
        EXPECT_FALSE(parse_notify(text)->ready) << text;
    }
}

struct Bad {
    const char* text;
    const char* problem;
};

TEST(NotifyMessage, MalformedValuesAreIgnoredWithAReasonAndTheRestCounts) {
    const Bad cases[] = {
        {"MAINPIDFD=2", "MAINPIDFD= is not 1"},
        {"FDSTORE=yes", "FDSTORE= is not 1"},
        {"FDSTOREREMOVE=", "FDSTOREREMOVE= is not 1"},
        {"FDPOLL=1", "FDPOLL= is not 0"},
        {"MAINPID=0", "MAINPID= is not a pid"},
        {"MAINPID=-4", "MAINPID= is not a pid"},
        {"MAINPID=4x", "MAINPID= is not a pid"},
        {"MAINPID=99999999999", "MAINPID= is not a pid"},
        {"MAINPID=", "MAINPID= is not a pid"},
        {"ERRNO=-1", "ERRNO= is not an errno number"},
        {"READY=yes", "READY= is not 1"},
        {"WATCHDOG=2", "WATCHDOG= is neither 1 nor trigger"},
        {"EXTEND_TIMEOUT_USEC=1s", "EXTEND_TIMEOUT_USEC= is not a number of microseconds"},
        {"MONOTONIC_USEC=9223372036854775807", "MONOTONIC_USEC= is not a number of microseconds"},
        {"WATCHDOG_USEC=-1", "WATCHDOG_USEC= is not a number of microseconds"},
        {"hello", "line 1 is no NAME=value"},
        {"=1", "line 1 is no NAME=value"},
        {"STATUS=\xff", "STATUS= is not UTF-8"},
        {"STATUS=\xc0\xaf", "STATUS= is not UTF-8"},
        {"STATUS=\xed\xa0\x80", "STATUS= is not UTF-8"},
        {"STATUS=\xf4\x90\x80\x80", "STATUS= is not UTF-8"},
        {"STATUS=\xe2\x82", "STATUS= is not UTF-8"},
    };
    for (const Bad& bad : cases) {
        const auto fields = parse_notify(std::string{bad.text} + "\nSTOPPING=1");
        ASSERT_TRUE(fields) << bad.text;
        EXPECT_EQ(bad.problem, fields->problem) << bad.text;
        NotifyFields expected;
        expected.stopping = true;
        expected.problem = bad.problem;
        EXPECT_EQ(expected, *fields) << bad.text;
    }
    EXPECT_EQ("line 2 is no NAME=value", parse_notify("READY=1\nx\nMAINPID=x")->problem);
}

TEST(NotifyMessage, WellFormedUnicodeIsKept) {
    const std::string status = "Größe € 😀 \xf4\x8f\xbf\xbf";
    EXPECT_EQ(status, parse_notify("STATUS=" + status)->status);
}

TEST(NotifyMessage, RefusesAsAWholeWhatIsNoMessage) {
    EXPECT_EQ("it is empty", parse_notify("").error());
    EXPECT_EQ("it is empty", parse_notify(std::string_view{"\0", 1}).error());
    EXPECT_EQ("it holds a NUL byte", parse_notify(std::string_view{"READY=1\0X=1", 11}).error());
    EXPECT_EQ("it holds a NUL byte", parse_notify(std::string_view{"READY=1\0\0", 9}).error());
    EXPECT_TRUE(parse_notify("X=" + std::string(notify_bytes_max - 2, 'x')));
    EXPECT_EQ("it is longer than 4096 bytes",
              parse_notify("X=" + std::string(notify_bytes_max - 1, 'x')).error());
}

TEST(NotifyMessage, SaysWhichDescriptorsToKeep) {
    const auto plain = parse_notify("FDSTORE=1");
    EXPECT_TRUE(plain->fd_store && plain->fd_poll && plain->fd_name.empty());
    const auto named = parse_notify("FDSTORE=1\nFDNAME=a:b\nFDPOLL=0");
    EXPECT_EQ(named->fd_name, "a:b");
    EXPECT_FALSE(named->fd_poll);
    EXPECT_TRUE(parse_notify("FDSTOREREMOVE=1\nFDNAME=web")->fd_store_remove);
    EXPECT_TRUE(parse_notify("MAINPIDFD=1")->main_pidfd);
}

}  // namespace
}  // namespace superd::supervisor
