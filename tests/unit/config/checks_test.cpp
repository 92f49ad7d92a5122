// [[check]] and [watchdog]: what they mean, and what is wrong with them.
#include "config/signals.hpp"
#include "tests/unit/config/files.hpp"

#include <csignal>

namespace superd::config {
namespace {

using namespace std::chrono_literals;
using core::OnFailure;

const std::string program = "exec = [\"/bin/true\"]\n";
const std::string begun = program + "[[check]]\n";

struct Sample {
    std::string text, message;
};

void expect_each(const std::string& above, std::initializer_list<Sample> samples) {
    for (const auto& [text, message] : samples) {
        EXPECT_EQ(mistakes(one_unit(above + text + "\n")), "units/web.toml:" + message + "\n")
            << text;
    }
}

TEST(CheckKeys, ABareCheckHasTheDefaultsOfTheCore) {
    const auto unit = parsed_unit(begun + "name = \"up\"\ntcp = \"127.0.0.1:80\"");
    ASSERT_EQ(unit->spec.checks.size(), 1u);
    core::CheckSpec expected;
    expected.name = "up";
    expected.target = "tcp 127.0.0.1:80";
    EXPECT_EQ(unit->spec.checks[0], expected);
    ASSERT_EQ(unit->checks.size(), 1u);
    EXPECT_EQ(unit->checks[0].kind, ReadyKind::tcp);
    EXPECT_EQ(unit->checks[0].port, 80);
}

TEST(CheckKeys, AllAreRead) {
    const auto unit = parsed_unit("env.PORT = \"81\"\n" + begun + R"(
name = "http"
http = "http://127.0.0.1:${PORT}/x"
every = "3s"
timeout = "1s"
failures = 5
successes = 2
start-after = "4s"
start-timeout = "7s"
on-failure = "degrade"
[[check]]
name = "own"
exec = ["/bin/test", "-e", "/x"]
on-failure = "stop"
)");
    ASSERT_EQ(unit->spec.checks.size(), 2u);
    const core::CheckSpec expected{.name = "http",
                                   .target = "http http://127.0.0.1:81/x",
                                   .every = 3s,
                                   .timeout = 1s,
                                   .start_after = 4s,
                                   .start_timeout = 7s,
                                   .failures = 5,
                                   .successes = 2,
                                   .on_failure = OnFailure::degrade};
    EXPECT_EQ(unit->spec.checks[0], expected);
    EXPECT_EQ(unit->spec.checks[1].on_failure, OnFailure::stop);
    EXPECT_EQ(unit->spec.checks[1].target, R"(exec "/bin/test" "-e" "/x")");
    EXPECT_EQ(unit->checks[1].argv, (std::vector<std::string>{"/bin/test", "-e", "/x"}));
}

TEST(CheckKeys, MistakesNameTheCheckByItsNumber) {
    expect_each(
        begun,
        {
            {"tcp = \"127.0.0.1:80\"",
             "2:1: cannot use this check: name is missing; write name = \"http\""},
            {"name = \"a b\"\ntcp = \"127.0.0.1:80\"",
             "3:8: cannot use check[0].name = \"a b\": expected 1 to 32 letters, digits and - _ or "
             "."},
            {"name = \"a\"",
             "2:1: cannot use this check: it asks nothing; add one of http, tcp, unix or exec"},
            {"name = \"a\"\ntcp = \"127.0.0.1:80\"\nunix = \"/x\"",
             "5:8: cannot use check[0].unix: check[0].tcp is there already; a check asks in one "
             "way only, and there may be several checks"},
            {"name = \"a\"\ntcp = \"127.0.0.1:80\"\n[[check]]\nname = \"a\"\nunix = \"/x\"",
             "6:8: cannot use check[1].name = \"a\": another check of this unit has that name"},
            {"name = \"a\"\nunix = \"x\"",
             "4:8: cannot use check[0].unix = \"x\": expected an absolute path"},
            {"name = \"a\"\nunix = \"/x\"\nevry = \"1s\"",
             "5:1: cannot use check[0].evry: unknown key; did you mean every?"},
            {"name = \"a\"\nunix = \"/x\"\nevery = \"0s\"",
             "5:9: cannot use check[0].every = \"0s\": expected at least \"10ms\""},
            {"name = \"a\"\nunix = \"/x\"\ntimeout = 2",
             "5:11: cannot use check[0].timeout = 2: a duration is a string with a unit; write "
             "\"2s\""},
            {"name = \"a\"\nunix = \"/x\"\nfailures = 0",
             "5:12: cannot use check[0].failures = 0: expected a number from 1 to 1000"},
            {"name = \"a\"\nunix = \"/x\"\nsuccesses = \"2\"",
             "5:13: cannot use check[0].successes = \"2\": expected an integer, not a string"},
            {"name = \"a\"\nunix = \"/x\"\nstart-after = \"2d\"",
             "5:15: cannot use check[0].start-after = \"2d\": expected at most \"1d\""},
            {"name = \"a\"\nunix = \"/x\"\nstart-timeout = \"infinity\"",
             "5:17: cannot use check[0].start-timeout = \"infinity\": there is no endless time "
             "here; write the longest you mean, up to \"1d\""},
            {"name = \"a\"\nunix = \"/x\"\non-failure = \"restrat\"",
             "5:14: cannot use check[0].on-failure = \"restrat\": expected restart, stop, degrade "
             "or ignore; did you mean \"restart\"?"},
        });
}

TEST(CheckKeys, MistakesOfTheWholeSection) {
    expect_each(program,
                {
                    {"[check]\nname = \"a\"",
                     "2:1: cannot use check: there may be several; write [[check]]"},
                    {"check = [1]",
                     "2:10: cannot use check[0] = 1: expected a table, not an integer; write "
                     "[[check]]"},
                    {"type = \"oneshot\"\n[[check]]\nname = \"a\"\nunix = \"/x\"",
                     "3:1: cannot use this check: a oneshot is never ready, it completes"},
                });
    std::string many = program;
    for (int i = 0; i < 17; ++i) {
        many += "[[check]]\nname = \"c" + std::to_string(i) + "\"\nunix = \"/x\"\n";
    }
    EXPECT_EQ(mistakes(one_unit(many)),
              "units/web.toml:50:1: cannot use this check: a unit has 16 at most\n");
}

TEST(CheckKeys, ChangesAreLiveAndNamed) {
    const auto with = [](const std::string& text) {
        auto parsed = parse(one_unit(begun + "name = \"up\"\nunix = \"/x\"\n" + text));
        EXPECT_TRUE(parsed);
        return std::move(*parsed);
    };
    const auto changes =
        difference(with(""), with("every = \"1s\"\n[[check]]\nname = \"more\"\nunix = \"/y\"\n"));
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].kind, ChangeKind::live);
    EXPECT_EQ(changes[0].keys, (std::vector<std::string>{"check.up", "check.more"}));
    EXPECT_TRUE(difference(with(""), with("every = \"10s\"")).empty());
}

TEST(WatchdogKeys, AreRead) {
    const auto unit = parsed_unit(program + "[watchdog]\nevery = \"5s\"\nsignal = \"SIGQUIT\"");
    EXPECT_EQ(unit->spec.watchdog, (core::WatchdogRule{5s, SIGQUIT}));
    EXPECT_EQ(parsed_unit(program)->spec.watchdog, (core::WatchdogRule{0s, SIGABRT}));
}

TEST(WatchdogKeys, MistakesAreTold) {
    expect_each(program + "[watchdog]\n",
                {
                    {"every = \"1ms\"",
                     "3:9: cannot use watchdog.every = \"1ms\": expected at least \"10ms\""},
                    {"every = \"1s\"\nsignal = 6",
                     "4:10: cannot use watchdog.signal = 6: expected a signal's name, not an "
                     "integer"},
                    {"signal = \"SIGABRT\"",
                     "3:10: cannot use watchdog.signal = \"SIGABRT\": there is no watchdog.every; "
                     "write every = \"10s\" too"},
                });
    expect_each(program + "type = \"oneshot\"\n[watchdog]\n",
                {{"every = \"1s\"",
                  "4:9: cannot use watchdog.every: a oneshot is never ready, it completes"}});
    expect_each(
        program,
        {{"fd-store-max = 129",
          "2:16: cannot use fd-store-max = 129: expected a number from 0 to 128"},
         {"fd-store-max = 2\nready.fd = 4",
          "3:12: cannot use ready.fd = 4: the descriptors that fd-store-max allows are 3 to "
          "4; write 5"}});
    expect_each(program, {{"extend-max = \"2d\"",
                           "2:14: cannot use extend-max = \"2d\": expected at most \"1d\""}});
    expect_each(program, {{"env.WATCHDOG_PID = \"1\"",
                           "2:20: cannot use env.WATCHDOG_PID: superd sets this variable itself, "
                           "for each run"}});
}

TEST(WatchdogKeys, TheIntervalIsPartOfTheEnvironment) {
    const auto with = [](const std::string& text) {
        auto parsed = parse(one_unit(program + text));
        EXPECT_TRUE(parsed);
        return std::move(*parsed);
    };
    const auto every = difference(with(""), with("watchdog.every = \"1s\""));
    ASSERT_EQ(every.size(), 1u);
    EXPECT_EQ(every[0].kind, ChangeKind::restart);
    const auto signal = difference(with("watchdog.every = \"1s\""),
                                   with("watchdog.every = \"1s\"\nwatchdog.signal = \"SIGQUIT\""));
    ASSERT_EQ(signal.size(), 1u);
    EXPECT_EQ(signal[0].kind, ChangeKind::live);
}

}  // namespace
}  // namespace superd::config
