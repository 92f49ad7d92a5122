// Every mistake that can be made, and the sentence it gets.
#include "tests/unit/config/files.hpp"

namespace superd::config {
namespace {

struct Sample {
    std::string_view line;     // Of units/web.toml, below `exec`.
    std::string_view message;  // With its place.
};

void expect_each(std::string_view above, std::initializer_list<Sample> samples) {
    for (const auto& [line, message] : samples) {
        const auto text = std::string{above} + std::string{line} + "\n";
        EXPECT_EQ(mistakes(one_unit(text)), "units/web.toml:" + std::string{message} + "\n")
            << text;
    }
}

constexpr std::string_view program = "exec = [\"/bin/true\"]\n";

TEST(Messages, NameUnknownKeysAndWhatWasMeant) {
    expect_each(
        program,
        {
            {"autostrat = true", "2:1: cannot use autostrat: unknown key; did you mean autostart?"},
            {"policy = \"always\"",
             "2:1: cannot use policy: unknown key; did you mean restart.policy?"},
            {"watchdgo = \"10s\"",
             "2:1: cannot use watchdgo: unknown key; did you mean [watchdog]?"},
            {"[restrat]", "2:2: cannot use [restrat]: unknown section; did you mean [restart]?"},
            {"[[checks]]", "2:3: cannot use [checks]: unknown section; did you mean [[check]]?"},
            {"[restart]\nmax_delay = \"1s\"",
             "3:1: cannot use restart.max_delay: unknown key; did you mean max-delay?"},
            {"\"restart.delay\" = \"1s\"",
             "2:1: cannot use \"restart.delay\": unknown key; superd.unit(5) has all keys"},
            {"\"\\u001b[2J\" = 1",
             "2:1: cannot use \"\\u001B[2J\": unknown key; superd.unit(5) has all keys"},
            {"restart = 3",
             "2:11: cannot use restart = 3: expected a section, not an integer; write [restart]"},
        });
}

TEST(Messages, SayWhichTypeWasExpected) {
    expect_each(
        program,
        {
            {"description = 3",
             "2:15: cannot use description = 3: expected a string, not an integer"},
            {"description = [\"a\"]",
             "2:15: cannot use description: expected a string, not an array"},
            {"description = \"a\\u0000b\"",
             "2:15: cannot use description = \"a\\u0000b\": it has a NUL character in it"},
            {"autostart = \"yes\"",
             "2:13: cannot use autostart = \"yes\": expected true, false or \"on-demand\""},
            {"instances = \"3\"",
             "2:13: cannot use instances = \"3\": a number stands without quotes; write 3"},
            {"instances = \"core\"",
             "2:13: cannot use instances = \"core\": expected a number or \"cores\""},
            {"instances = 1979-05-27",
             "2:13: cannot use instances: expected a number or \"cores\", not a date"},
            {"instances = 0", "2:13: cannot use instances = 0: expected a number from 1 to 1024"},
            {"restart.factor = \"2\"",
             "2:18: cannot use restart.factor = \"2\": expected a number, not a string"},
            {"restart.factor = nan",
             "2:18: cannot use restart.factor = nan: expected a number from 1 to 100"},
            {"restart.jitter = 1.5",
             "2:18: cannot use restart.jitter = 1.5: expected a number from 0 to 1"},
            {"env-file = \"/etc/a b\"",
             "2:12: cannot use env-file = \"/etc/a b\": expected an array of strings, not a "
             "string; write [\"/etc/a b\"]"},
            {"pass-env = [\"A\", 3]",
             "2:18: cannot use pass-env[1] = 3: expected a string, not an integer"},
            {"env = [\"A=b\"]",
             "2:7: cannot use env: expected a table of strings, not an array; write { NAME = "
             "\"value\" }"},
            {"env.PORT = 8080",
             "2:12: cannot use env.PORT: expected a string, not an integer; put it in quotes: PORT "
             "= \"…\""},
            {"env.1A = \"x\"",
             "2:5: cannot use env.1A: a variable's name has letters, digits and _ only, and no "
             "digit first"},
            {"env.SUPERD_RUN = \"x\"",
             "2:18: cannot use env.SUPERD_RUN: superd sets this variable itself, for each run"},
        });
}

TEST(Messages, SayWhatAProgramIs) {
    expect_each("", {
                        {"",
                         " cannot use this unit: exec is missing; write exec = "
                         "[\"/path/to/program\", \"argument\"]"},
                        {"exec = \"/bin/a -x\"",
                         "1:8: cannot use exec = \"/bin/a -x\": expected an array of strings, not "
                         "a string; write [\"/bin/a\", \"-x\"]"},
                        {"exec = []",
                         "1:8: cannot use exec: the program is missing; write "
                         "[\"/path/to/program\", \"argument\"]"},
                        {"exec = [\"\", \"a\"]",
                         "1:8: cannot use exec: the program is missing; write "
                         "[\"/path/to/program\", \"argument\"]"},
                        {"exec = [\"./run\"]",
                         "1:9: cannot use exec[0] = \"./run\": expected an absolute path, or a "
                         "name to look up in PATH"},
                        {"exec = [\"/bin/a\", 1]",
                         "1:19: cannot use exec[1] = 1: expected a string, not an integer"},
                        {"exec = [\"${A}\"]\nenv.A = \"\"",
                         "1:9: cannot use exec[0] = \"${A}\": the program's name is empty"},
                    });
}

TEST(Messages, SayWhatChoicesAndAccountsThereAre) {
    expect_each(
        program,
        {
            {"type = \"oneshoot\"",
             "2:8: cannot use type = \"oneshoot\": expected service, oneshot or group; did you "
             "mean "
             "\"oneshot\"?"},
            {"restart.policy=\"alway\"",
             "2:16: cannot use restart.policy = \"alway\": expected always, on-failure or never; "
             "did you mean \"always\"?"},
            {"restart.on-limit = \"escalates\"\nrestart.limit = \"1 in 1s\"",
             "2:20: cannot use restart.on-limit = \"escalates\": expected wait, fail or escalate; "
             "did you mean \"escalate\"?"},
            {"members = [\"a\"]",
             "2:11: cannot use members: only a group has it; write type = \"group\" too"},
            {"essential = 1",
             "2:13: cannot use essential = 1: expected true or false, not an integer"},
            {"restart.on-limit = \"fail\"",
             "2:20: cannot use restart.on-limit = \"fail\": there is no restart.limit; write limit "
             "= \"10 in 1min\" too"},
            {"user = \"no such user\"",
             "2:8: cannot use user = \"no such user\": there is no such user; leave user out for "
             "superd's own"},
            {"user = true",
             "2:8: cannot use user = true: expected a name or a number, not a boolean"},
            {"user = \"\"",
             "2:8: cannot use user = \"\": it is empty; leave it out for superd's own"},
            {"group = -1", "2:9: cannot use group = -1: no user or group has such a number"},
            {"group = \"no such group\"",
             "2:9: cannot use group = \"no such group\": there is no such group"},
            {"directory = \"srv\"",
             "2:13: cannot use directory = \"srv\": expected an absolute path, one that begins "
             "with /"},
            {"umask = 22",
             "2:9: cannot use umask = 22: expected a string of octal digits, not an integer; write "
             "\"0022\""},
            {"umask = \"0o22\"",
             "2:9: cannot use umask = \"0o22\": expected octal digits such as \"0022\""},
            {"pass-env = [\"A-B\"]",
             "2:13: cannot use pass-env[0] = \"A-B\": this is no variable's name"},
            {"pass-env = [\"NOTIFY_SOCKET\"]",
             "2:13: cannot use pass-env[0] = \"NOTIFY_SOCKET\": superd sets this variable itself, "
             "for each run"},
        });
}

TEST(Messages, SayHowTimesAndSizesAreWritten) {
    expect_each(
        std::string{program} + "[restart]\n",
        {
            {"delay = 5",
             "3:9: cannot use restart.delay = 5: a duration is a string with a unit; write \"5s\""},
            {"delay = \"5\"",
             "3:9: cannot use restart.delay = \"5\": a duration needs a unit; write \"5s\" for "
             "seconds"},
            {"delay = true",
             "3:9: cannot use restart.delay = true: expected a string such as \"10s\", not a "
             "boolean"},
            {"delay = \"-1s\"",
             "3:9: cannot use restart.delay = \"-1s\": a duration cannot be negative"},
            {"delay = \"2d\"", "3:9: cannot use restart.delay = \"2d\": expected at most \"1d\""},
            {"delay = \"infinity\"",
             "3:9: cannot use restart.delay = \"infinity\": there is no endless time here; write "
             "the longest you mean, up to \"1d\""},
            {"delay = \"1min\"",
             "3:9: cannot use restart.delay = \"1min\": it is longer than restart.max-delay "
             "(\"30s\"); set that too"},
            {"max-delay = \"50ms\"",
             "3:13: cannot use restart.max-delay = \"50ms\": it is shorter than restart.delay "
             "(\"100ms\")"},
            {"limit = 10",
             "3:9: cannot use restart.limit = 10: expected a string such as \"10 in 1min\", not an "
             "integer"},
            {"limit = \"10/min\"",
             "3:9: cannot use restart.limit = \"10/min\": expected a number and a duration, such "
             "as \"10 in 1min\""},
            {"limit = \"65 in 1min\"",
             "3:9: cannot use restart.limit = \"65 in 1min\": expected 1 to 64 times"},
            {"limit = \"1 in 0s\"",
             "3:9: cannot use restart.limit = \"1 in 0s\": the time must be longer than nothing"},
            {"limit = \"infinity\"",
             "3:9: cannot use restart.limit = \"infinity\": leave it out for no limit"},
        });
    expect_each(
        std::string{program} + "[log]\n",
        {
            {"max-size = 10",
             "3:12: cannot use log.max-size = 10: a size is a string with a unit; write \"10B\""},
            {"max-size = \"10\"",
             "3:12: cannot use log.max-size = \"10\": a size needs a unit; write \"10B\" for "
             "bytes, or K, M, G"},
            {"max-size = \"10MB\"",
             "3:12: cannot use log.max-size = \"10MB\": \"MB\" is no unit of size; use B, KiB, MiB "
             "or GiB (K, M, G mean the same)"},
            {"max-size = \"4095B\"",
             "3:12: cannot use log.max-size = \"4095B\": expected at least 4096 bytes"},
            {"max-size = \"99999999G\"",
             "3:12: cannot use log.max-size = \"99999999G\": it is too large"},
            {"max-size = \"infinity\"",
             "3:12: cannot use log.max-size = \"infinity\": there is no endless size; write a "
             "large size such as \"100GiB\""},
            {"max-age = \"infinity\"",
             "3:11: cannot use log.max-age = \"infinity\": there is no endless time here; write "
             "\"0s\" for no limit"},
            {"max-age = \"20ms\"",
             "3:11: cannot use log.max-age = \"20ms\": expected at least \"1s\", or \"0s\" for no "
             "limit"},
            {"keep = 1001", "3:8: cannot use log.keep = 1001: expected a number from 0 to 1000"},
        });
}

TEST(Messages, SayWhatSignalsAndExitCodesThereAre) {
    expect_each(
        program,
        {
            {"stop.signals = \"SIGTERM\"",
             "2:16: cannot use stop.signals = \"SIGTERM\": expected an array of signals, not a "
             "string; write [\"SIGTERM\"]"},
            {"stop.signals = []",
             "2:16: cannot use stop.signals: expected at least one signal; leave it out for "
             "SIGTERM, then SIGKILL"},
            {"stop.signals = [\"TERM\"]",
             "2:17: cannot use stop.signals[0] = \"TERM\": expected a signal's name; did you mean "
             "\"SIGTERM\"?"},
            {"stop.signals = [\"SIGTREM\"]",
             "2:17: cannot use stop.signals[0] = \"SIGTREM\": there is no such signal; did you "
             "mean \"SIGTERM\"?"},
            {"stop.signals = [\"SIGRTMAX+1\"]",
             "2:17: cannot use stop.signals[0] = \"SIGRTMAX+1\": there is no such signal; use a "
             "name such as \"SIGTERM\" or \"SIGRTMIN+1\""},
            {"stop.signals = [15]",
             "2:17: cannot use stop.signals[0] = 15: expected a signal's name, not an integer"},
            {"stop.signals = [[\"SIGTERM\"]]",
             "2:17: cannot use stop.signals[0]: expected a signal and how long to wait: "
             "[\"SIGTERM\", \"10s\"]"},
            {"stop.signals = [[\"SIGTERM\", 5]]",
             "2:17: cannot use stop.signals[0]: a duration is a string with a unit; write \"5s\""},
            {"stop.signals = [[\"SIGTERM\", \"0s\"]]",
             "2:17: cannot use stop.signals[0]: expected at least \"10ms\""},
            {"restart.never-on = [256]",
             "2:21: cannot use restart.never-on[0] = 256: an exit code is a number from 0 to 255"},
            {"restart.success-codes = []",
             "2:25: cannot use restart.success-codes: it is empty, so nothing could ever succeed; "
             "leave it out for [0]"},
            {"restart.never-on = [1, 2]\nrestart.always-on = [2]",
             "3:21: cannot use restart.always-on: something in it is in restart.never-on too"},
        });
}

TEST(Messages, SayWhatIsWrongWithReadiness) {
    expect_each(
        std::string{program} + "[ready]\n",
        {
            {"timeout = \"5s\"",
             "3:11: cannot use ready.timeout: nothing says when the unit is ready; add one of "
             "notify, fd, tcp, unix, http, exec, log or delay"},
            {"tcp = \"127.0.0.1:1\"\nfd = 3",
             "4:6: cannot use ready.fd: ready.tcp is there already; a unit is ready in one way "
             "only"},
            {"notify = false",
             "3:10: cannot use ready.notify = false: expected true or \"tree\"; leave it out for a "
             "unit that does not notify"},
            {"notify = \"all\"",
             "3:10: cannot use ready.notify = \"all\": expected true or \"tree\""},
            {"fd = 2", "3:6: cannot use ready.fd = 2: expected a number from 3 to 255"},
            {"tcp = \"db:5432\"",
             "3:7: cannot use ready.tcp = \"db:5432\": expected an address such as 127.0.0.1, "
             "[::1] or localhost; other names are not looked up"},
            {"tcp = \"127.0.0.1\"",
             "3:7: cannot use ready.tcp = \"127.0.0.1\": expected a port from 1 to 65535 after the "
             "address: \"127.0.0.1:80\""},
            {"tcp = \"127.0.0.1:65536\"",
             "3:7: cannot use ready.tcp = \"127.0.0.1:65536\": expected a port from 1 to 65535 "
             "after the address: \"127.0.0.1:80\""},
            {"tcp = \"::1:80\"",
             "3:7: cannot use ready.tcp = \"::1:80\": an IPv6 address stands in brackets: "
             "\"[::1]:80\""},
            {"tcp = \"[::1\"",
             "3:7: cannot use ready.tcp = \"[::1\": the [ of the address is not closed"},
            {"unix = \"web.sock\"",
             "3:8: cannot use ready.unix = \"web.sock\": expected an absolute path"},
            {"http = \"https://127.0.0.1/\"",
             "3:8: cannot use ready.http = \"https://127.0.0.1/\": only http:// can be asked; use "
             "tcp or exec for https"},
            {"http = \"127.0.0.1:80\"",
             "3:8: cannot use ready.http = \"127.0.0.1:80\": expected an address such as "
             "\"http://127.0.0.1:80/healthz\""},
            {"http = \"http://a:b@127.0.0.1/\"",
             "3:8: cannot use ready.http = \"http://a:b@127.0.0.1/\": a name and password cannot "
             "be sent"},
            {"http = \"http://127.0.0.1/a b\"",
             "3:8: cannot use ready.http = \"http://127.0.0.1/a b\": write spaces and letters "
             "beyond ASCII as %20 and the like"},
            {"log = \"(\"",
             "3:7: cannot use ready.log = \"(\": this is no regular expression: missing )"},
            {"log = \"\"",
             "3:7: cannot use ready.log = \"\": it is empty, so any line would do; use delay for "
             "that"},
            {"delay = \"30s\"",
             "3:9: cannot use ready.delay = \"30s\": it is not shorter than ready.timeout "
             "(\"20s\"); set that too"},
            {"delay = \"1s\"\nevery = \"1s\"",
             "4:9: cannot use ready.every = \"1s\": ready.delay is not asked again and again; only "
             "tcp, unix, http and exec are"},
        });
    expect_each(
        "type = \"oneshot\"\n" + std::string{program},
        {
            {"ready.fd = 3", "3:12: cannot use ready.fd: a oneshot is never ready, it completes"},
        });
}

TEST(Messages, SayWhichVariableIsNotThere) {
    expect_each(
        program,
        {
            {"directory = \"/${ROOT}\"",
             "2:13: cannot use directory = \"/${ROOT}\": ${ROOT} is not set; set ROOT in the "
             "unit's "
             "env or in [variables] of superd.toml, or write ${ROOT:-default}; for the text itself "
             "write $${ROOT}"},
            {"directory = \"/${ROT}\"\nenv.ROOT = \"srv\"",
             "2:13: cannot use directory = \"/${ROT}\": ${ROT} is not set; did you mean ${ROOT}?"},
            {"directory = \"/${INSTANCE\"",
             "2:13: cannot use directory = \"/${INSTANCE\": expected a variable's name as in "
             "${NAME} or ${NAME:-default}; for a literal ${ write $${"},
            {"directory = \"/${A:-${ROOOT}}\"\nenv.ROOT = \"srv\"",
             "2:13: cannot use directory = \"/${A:-${ROOOT}}\": ${ROOOT} is not set; did you mean "
             "${ROOT}?"},
            {"env.A = \"${HOMES} secret\"",
             "2:9: cannot use env.A: ${HOMES} is not set; set HOMES in the unit's env or in "
             "[variables] of superd.toml, or write ${HOMES:-default}; for the text itself write "
             "$${HOMES}"},
            {"env.LONG = \"${LONG}\"",
             "2:12: cannot use env.LONG: ${LONG} is not set; set LONG in the unit's env or in "
             "[variables] of superd.toml, or write ${LONG:-default}; for the text itself write "
             "$${LONG}"},
            {"env.A = \"${B}\"\nenv.B = \"${C}\"\nenv.C = \"${A}\"",
             "4:9: cannot use env.C: it refers to itself: A → B → C → A"},
        });
}

TEST(Messages, TellOfAllMistakesInOrder) {
    const Sources sources{
        {{"units/web.toml", "exec = 3\nfoo = 1\n[log]\nkeep = -1\n"},
         {"units/bad.toml", "exec = [\n"},
         {"units/app.toml", "exec = [\"/bin/true\"]\ndepends.needs = [\"bad\", \"wep\"]\n"},
         {"units/.x.toml", "exec = [\"/bin/true\"]"},
         {"superd.toml", "[supervisor]\nheartbeat = \"1ms\"\n[depends]\n"}}};
    EXPECT_EQ(
        mistakes(sources),
        "superd.toml:2:13: cannot use supervisor.heartbeat = \"1ms\": expected at least \"100ms\"\n"
        "superd.toml:3:2: cannot use [depends]: unknown section; superd.toml(5) has all keys\n"
        "units/.x.toml: cannot use \".x\" as a unit's name: it has 1 to 64 letters, digits and "
        "@ _ . : - only, and no . or - first; rename the file\n"
        "units/app.toml:2:25: cannot use depends.needs[1] = \"wep\": there is no such unit; did "
        "you mean \"web\"?\n"
        "units/bad.toml:1:10: cannot read this file: Error while parsing array: encountered "
        "end-of-file\n"
        "units/web.toml:1:8: cannot use exec = 3: expected an array of strings, not an integer\n"
        "units/web.toml:2:1: cannot use foo: unknown key; superd.unit(5) has all keys\n"
        "units/web.toml:4:8: cannot use log.keep = -1: expected a number from 0 to 1000\n");
}

}  // namespace
}  // namespace superd::config
