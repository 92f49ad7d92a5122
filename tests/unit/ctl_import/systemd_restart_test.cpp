#include "imported.hpp"

namespace superctl::importing {
namespace {

Translation with(const std::string& more) {
    return translate(Format::systemd,
                     {file("web.service", "[Service]\nExecStart=/bin/web\n" + more +
                                              "[Install]\nWantedBy=x.target\n")});
}

// As superd takes it.
std::string text_with(const std::string& more) {
    const auto all = with(more);
    EXPECT_EQ(wrong_for_superd(all), "") << more;
    return unit_text(all);
}

const std::string clean = R"("SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE")";

TEST(SystemdRestart, PoliciesAreTranslated) {
    EXPECT_THAT(text_with(""), HasSubstr("policy = \"never\""));
    EXPECT_THAT(text_with("Restart=always\n"), HasSubstr("policy = \"always\""));
    EXPECT_THAT(text_with("Restart=on-success\n"), HasSubstr("policy = \"never\""));
    EXPECT_THAT(notes(with("Restart=on-abort\n")), HasSubstr("Restart=on-abort"));
}

TEST(SystemdRestart, AWaitOfZeroIsNone) {
    const auto text = text_with("Restart=always\nRestartSec=0\nRestartMaxDelaySec=0\n");
    EXPECT_THAT(text, HasSubstr("delay = \"0s\"\n"));
    EXPECT_THAT(text, Not(HasSubstr("1d")));
    const auto growing = text_with("Restart=always\nRestartSec=5\nRestartMaxDelaySec=0\n");
    EXPECT_THAT(growing, HasSubstr("delay = \"5s\"\nmax-delay = \"5s\"\n"));
}

TEST(SystemdRestart, WithoutAWaitSystemdsOwnLimitHolds) {
    EXPECT_THAT(notes(with("Restart=always\nRestartSec=0\n"), Weight::remark),
                HasSubstr("web.service:4: remark: RestartSec=0: limit is systemd's own"));
    EXPECT_THAT(text_with("Restart=always\nRestartSec=0\n"),
                HasSubstr("limit = \"4 in 10s\"\non-limit = \"fail\"\n"));
    EXPECT_THAT(text_with("Restart=always\nRestartSec=0\nStartLimitIntervalSec=0\n"),
                Not(HasSubstr("limit")));
    EXPECT_THAT(text_with("Restart=always\nRestartSec=1\n"), Not(HasSubstr("limit")));
}

TEST(SystemdRestart, StartsAreCounted) {
    EXPECT_THAT(text_with("Restart=always\nStartLimitBurst=3\nStartLimitInterval=1min\n"),
                HasSubstr("limit = \"2 in 1min\"\non-limit = \"fail\"\n"));
}

TEST(SystemdRestart, TimeoutsOfZeroAreForEver) {
    const auto text = text_with("Type=notify\nTimeoutSec=0\n");
    EXPECT_THAT(text, HasSubstr("[ready]\nnotify = true\ntimeout = \"1d\"\n"));
    EXPECT_THAT(text, HasSubstr("signals = [[\"SIGTERM\", \"1d\"]"));
    EXPECT_THAT(text_with("Type=notify\nTimeoutStartSec=10us\n"),
                HasSubstr("timeout = \"10ms\"\n"));
}

TEST(SystemdRestart, WhatIsWaitedForHasSystemdsTimeWhereNothingIsSaid) {
    EXPECT_THAT(text_with("Type=notify\n"), HasSubstr("notify = true\ntimeout = \"90s\"\n"));
    const auto hooks = text_with("ExecStartPre=/bin/a\nExecStartPost=/bin/b\n");
    EXPECT_THAT(hooks, HasSubstr("pre-start-timeout = \"90s\"\n"));
    EXPECT_THAT(hooks, HasSubstr("post-start-timeout = \"90s\"\n"));
    EXPECT_THAT(text_with("Type=oneshot\nExecStartPre=/bin/a\n"),
                HasSubstr("pre-start-timeout = \"1d\"\n"));
    EXPECT_THAT(text_with(""), Not(HasSubstr("timeout")));
    EXPECT_THAT(text_with("TimeoutStartSec=5\n"), Not(HasSubstr("timeout")));
}

TEST(SystemdExits, SignalsThatAskForTheEndAreNoFailures) {
    const auto usual = "success-codes = [0, " + clean + "]\n";
    EXPECT_THAT(text_with("Restart=on-failure\n"), HasSubstr(usual));
    EXPECT_THAT(text_with("Restart=no\n"), HasSubstr(usual));
    EXPECT_THAT(text_with("Restart=always\n"), Not(HasSubstr("success-codes")));
    EXPECT_THAT(text_with("Type=oneshot\nRestart=on-failure\n"), Not(HasSubstr("success-codes")));
}

TEST(SystemdExits, ThoseThatAreSaidAreAddedToTheUsual) {
    const std::string said = "SuccessExitStatus=TEMPFAIL 250 SIGUSR1 SIGTERM\n";
    const auto all = "success-codes = [0, " + clean + ", 75, 250, \"SIGUSR1\"]\n";
    EXPECT_THAT(text_with("Restart=on-failure\n" + said), HasSubstr(all));
    EXPECT_THAT(text_with("Restart=always\n" + said), HasSubstr(all));
    EXPECT_THAT(text_with("Type=oneshot\n" + said),
                HasSubstr("success-codes = [0, 75, 250, \"SIGUSR1\", \"SIGTERM\"]\n"));
    EXPECT_THAT(notes(with("SuccessExitStatus=256\n")), HasSubstr("256 is no exit code"));
}

TEST(SystemdExits, OnSuccessIsARestartAfterEachOfThem) {
    EXPECT_THAT(text_with("Restart=on-success\n"), HasSubstr("always-on = [0, " + clean + "]\n"));
    EXPECT_THAT(text_with("Restart=on-success\nRestartForceExitStatus=3 4\n"
                          "RestartPreventExitStatus=0 4\nSuccessExitStatus=2\n"),
                HasSubstr("always-on = [" + clean + ", 2, 3]\n"));
}

TEST(SystemdExits, WhatPreventsARestartIsStrongerThanWhatForcesIt) {
    const auto text = text_with(
        "Restart=always\nRestartPreventExitStatus=78 SIGTERM\nRestartForceExitStatus=78\n");
    EXPECT_THAT(text, HasSubstr("never-on = [78, \"SIGTERM\"]\n"));
    EXPECT_THAT(text, Not(HasSubstr("always-on")));
}

}  // namespace
}  // namespace superctl::importing
