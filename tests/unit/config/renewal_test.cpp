// [rolling] and [recycle]: what they say, and every mistake that can be made with them.
#include "tests/unit/config/files.hpp"

#include <vector>

namespace superd::config {
namespace {

using namespace std::chrono_literals;

const std::string program = "exec = [\"/bin/true\"]\n";

TEST(Renewal, SaysHowAndWhenRunsAreReplaced) {
    const auto unit = parsed_unit(program +
                                  "ready.notify = true\n[rolling]\nbatch = 3\nsurge = true\n"
                                  "[recycle]\nafter = \"24h\"\njitter = 0.5\nmemory = \"512MiB\"\n"
                                  "exits = [75, 76]\n");
    EXPECT_EQ(unit->spec.rolling.batch, 3u);
    EXPECT_EQ(unit->spec.rolling.surge, core::RollingRule::as_many_as_batch);
    EXPECT_EQ(unit->spec.recycle.after, 24h);
    EXPECT_EQ(unit->spec.recycle.jitter, 0.5);
    EXPECT_EQ(unit->spec.recycle.memory, 512u << 20);
    EXPECT_EQ(unit->spec.recycle.exits, (std::vector<std::int32_t>{75, 76}));
}

TEST(Renewal, StopsBeforeItStartsUnlessTheUnitSaysOtherwise) {
    EXPECT_EQ(parsed_unit(program)->spec.rolling.surge, 0u);
    EXPECT_EQ(parsed_unit(program)->spec.rolling.batch, 1u);
    EXPECT_EQ(parsed_unit(program + "rolling.surge = false")->spec.rolling.surge, 0u);
    EXPECT_EQ(parsed_unit(program + "rolling.surge = 2")->spec.rolling.surge, 2u);
    EXPECT_EQ(parsed_unit(program)->spec.recycle.after, 0s);
}

TEST(RenewalMessages, SayWhatIsWrong) {
    const std::vector<std::pair<std::string, std::string>> samples{
        {"rolling.batch = 0",
         "2:17: cannot use rolling.batch = 0: expected a number from 1 to 1024"},
        {"rolling.surge = \"yes\"",
         "2:17: cannot use rolling.surge = \"yes\": expected true, false or a number of processes, "
         "not a string"},
        {"rolling.surge = -1",
         "2:17: cannot use rolling.surge = -1: expected a number from 0 to 1024"},
        {"rolling.surge = true\nready.http = \"http://127.0.0.1:80/\"",
         "2:17: cannot use rolling.surge = true: whoever asks at the address in [ready] may be "
         "answered by the old process; use notify, fd, log or exec there, or surge = false"},
        {"rolling.surges = true",
         "2:9: cannot use rolling.surges: unknown key; did you mean surge?"},
        {"recycle.after = \"infinity\"",
         "2:17: cannot use recycle.after = \"infinity\": there is no endless time here; write the "
         "longest you mean, up to \"36500d\""},
        {"recycle.after = \"1h\"\nrecycle.jitter = 2",
         "3:18: cannot use recycle.jitter = 2: expected a number from 0 to 1"},
        {"recycle.memory = \"1K\"",
         "2:18: cannot use recycle.memory = \"1K\": expected at least 1048576 bytes"},
        {"recycle.exits = [\"SIGHUP\"]",
         "2:17: cannot use recycle.exits: a signal is no wish; write exit codes from 0 to 255"},
        {"recycle.exits = [75]\nrestart.never-on = [75]",
         "2:17: cannot use recycle.exits: something in it is in restart.never-on too"},
        {"type = \"oneshot\"\nrecycle.after = \"1h\"",
         "3:17: cannot use recycle.after: a oneshot runs to its end and is not replaced"},
    };
    for (const auto& [text, message] : samples) {
        EXPECT_EQ(mistakes(one_unit(program + text)), "units/web.toml:" + message + "\n");
    }
}

}  // namespace
}  // namespace superd::config
