// What is made from the table of verbs is what is checked in.
#include "ctl/help.hpp"
#include "tests/unit/places.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace superctl {
namespace {

std::string checked_in(const std::string& path) {
    const std::ifstream file{superd::places::source("/" + path)};
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(MadeFiles, AreUpToDate) {
    const char* const again = "make it again: superctl --print man|bash|zsh|fish > FILE";
    EXPECT_EQ(checked_in("packaging/man/superctl.1"), man_page()) << again;
    EXPECT_EQ(checked_in("packaging/completions/superctl.bash"), bash_completion()) << again;
    EXPECT_EQ(checked_in("packaging/completions/superctl.zsh"), zsh_completion()) << again;
    EXPECT_EQ(checked_in("packaging/completions/superctl.fish"), fish_completion()) << again;
}

TEST(Help, ReadsAsItDid) {
    EXPECT_EQ(checked_in("tests/unit/ctl/golden/help.txt"), help_text());
    EXPECT_EQ(checked_in("tests/unit/ctl/golden/help-logs.txt"), help_text(*find_command("logs")));
}

TEST(Help, FitsATerminal) {
    for (const auto& command : commands()) {
        std::istringstream lines{help_text(command)};
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 90u) << command.name << ": " << line;
        }
    }
}

TEST(Help, PrintsOnlyWhatThereIs) {
    EXPECT_TRUE(printed("man"));
    EXPECT_EQ(printed("pdf").error().code, ExitCode::usage);
}

TEST(Commands, AreAllDescribedAndRunnable) {
    std::set<std::string_view> names;
    for (const auto& command : commands()) {
        EXPECT_TRUE(names.insert(command.name).second) << command.name;
        EXPECT_FALSE(command.summary.empty()) << command.name;
        EXPECT_FALSE(command.summary.ends_with('.')) << command.name;
        EXPECT_NE(command.run, nullptr) << command.name;
        std::set<std::string_view> flags;
        for (const auto& flag : global_flags()) flags.insert(flag.name);
        for (const auto& flag : command.flags) {
            EXPECT_TRUE(flags.insert(flag.name).second) << command.name << ' ' << flag.name;
            EXPECT_EQ(flag.placeholder.empty(), flag.value == Value::none) << flag.name;
            EXPECT_FALSE(flag.text.empty()) << flag.name;
        }
    }
    for (const auto* name :
         {"start",    "stop",   "restart", "reload", "status", "list",    "logs",
          "signal",   "check",  "plan",    "apply",  "wait",   "events",  "threads",
          "timeline", "tree",   "why",     "tasks",  "reset",  "version", "timers",
          "top",      "enable", "disable", "upgrade"}) {
        EXPECT_TRUE(names.contains(name)) << name;
    }
}

TEST(ExitCodes, AreStableAndAllExplained) {
    ASSERT_EQ(exit_meanings.size(), 8u);
    for (std::size_t i = 0; i < exit_meanings.size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(exit_meanings[i].code), i);
        EXPECT_NE(help_text().find(exit_meanings[i].text.substr(0, 20)), std::string::npos) << i;
    }
}

}  // namespace
}  // namespace superctl
