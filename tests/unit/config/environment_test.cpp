// Where a unit's variables come from, and how they are put into its texts.
#include "config/environment.hpp"

#include "config/env_file.hpp"
#include "tests/unit/config/files.hpp"

#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::ElementsAre;

std::vector<std::string> variables(std::string_view text) {
    std::vector<std::string> result;
    const auto file = parse_env_file(text);
    for (const auto& [name, value] : file.variables) result.push_back(name + "=" + value);
    for (const auto& mistake : file.mistakes) {
        result.push_back(std::to_string(mistake.at.line) + ":" + std::to_string(mistake.at.column) +
                         ": " + mistake.cause);
    }
    return result;
}

TEST(EnvFile, HasTheSyntaxOfSystemd) {
    EXPECT_THAT(variables("# comment\n\n; another \\\n still A=1\n A = x y  \r\nB=\n"),
                ElementsAre("A=x y", "B="));
    EXPECT_THAT(variables("A='a \\ \"b\" $c'\nB=\"x\\\"y\\n\\$z\"\nC='a'\"b\"c\n"),
                ElementsAre("A=a \\ \"b\" $c", "B=x\"y\\n$z", "C=abc"));
    EXPECT_THAT(variables("A=a\\\nb\\ c \\ \nB='1\n2'\nC=\"1\\\n2\"\nD=${A}"),
                ElementsAre("A=ab c  ", "B=1\n2", "C=12", "D=${A}"));
    EXPECT_THAT(variables("A=x#y\nB=a\\"), ElementsAre("A=x#y", "B=a"));
}

TEST(EnvFile, TellsOfLinesThatSetNothing) {
    EXPECT_THAT(variables("A=1\nwhat\n  export B=2\n1C=3\nD=\"open\n"),
                ElementsAre("A=1", "2:1: expected NAME=value",
                            "3:3: this is no shell script; write NAME=value without export",
                            "4:1: cannot use \"1C\" as a variable's name: it has letters, digits "
                            "and _ only, and no digit first",
                            "5:3: a \" that is not closed"));
    EXPECT_THAT(variables("A=\xFF"), ElementsAre("1:3: cannot read this file: a byte that is not "
                                                 "UTF-8"));
}

TEST(EnvironmentLayers, WinInOrder) {
    ::setenv("SUPERD_TEST_PASSED", "passed", 1);
    ::setenv("SUPERD_TEST_BOTH", "passed", 1);
    const auto unit =
        parsed_unit(R"(
exec = ["/bin/true", "${SUPERD_TEST_PASSED}", "${FILE}", "${OWN}", "$${OWN}", "$HOME $"]
pass-env = ["SUPERD_TEST_PASSED", "SUPERD_TEST_BOTH", "SUPERD_TEST_NOT_SET"]
env-file = ["/etc/a.env", "-/etc/b.env", "/etc/c.env"]
env = { OWN = "own ${SUPERD_TEST_BOTH} ${LATER}", LATER = "later", FILE = "${FILE}+" }
)",
                    {{"/etc/a.env", "FILE=a\nSUPERD_TEST_BOTH=a\nA=a"}, {"/etc/c.env", "FILE=c"}});
    ::unsetenv("SUPERD_TEST_PASSED");
    ::unsetenv("SUPERD_TEST_BOTH");
    EXPECT_THAT(unit->launch.argv,
                ElementsAre("/bin/true", "passed", "c+", "own a later", "${OWN}", "$HOME $"));
    EXPECT_THAT(unit->launch.env, ElementsAre("A=a", "FILE=c+", "LATER=later", "OWN=own a later",
                                              "SUPERD_TEST_BOTH=a", "SUPERD_TEST_PASSED=passed"));
}

TEST(EnvironmentLayers, TellOnceOfAFileThatManyUse) {
    const std::string unit = "exec = [\"/bin/true\"]\nenv-file = [\"/etc/a.env\"]\n";
    EXPECT_EQ(mistakes({{{"units/a.toml", unit},
                         {"units/b.toml", unit},
                         {"/etc/a.env", "NOTIFY_SOCKET=/x\nwhat"}}}),
              "/etc/a.env: cannot use NOTIFY_SOCKET: superd sets this variable itself, for each "
              "run\n/etc/a.env:2:1: expected NAME=value\n");
    EXPECT_EQ(mistakes({{{"units/a.toml", unit}}}),
              "units/a.toml:2:13: cannot use env-file[0] = \"/etc/a.env\": there is no such file; "
              "write \"-/etc/a.env\" if it may be missing\n");
    EXPECT_EQ(mistakes(one_unit("exec = [\"/bin/true\"]\nenv-file = [\"-a.env\"]")),
              "units/web.toml:2:13: cannot use env-file[0] = \"-a.env\": expected an absolute "
              "path\n");
}

TEST(Environment, DoesNotGrowForEver) {
    std::string text = "exec = [\"/bin/true\"]\n[env]\nA0 = \"0123456789\"\n";
    for (int i = 1; i < 40; ++i) {
        const auto before = "${A" + std::to_string(i - 1) + "}";
        text += "A" + std::to_string(i) + " = \"" + before + before + "\"\n";
    }
    EXPECT_NE(mistakes(one_unit(text)).find("longer than a program can be given"),
              std::string::npos);
    text = "exec = [\"/bin/true\"]\n[env]\nA00000 = \"x\"\n";
    for (int i = 1; i < 20'000; ++i) {
        text += fmt::format("A{:05} = \"${{A{:05}}}\"\n", 20'000 - i, (20'000 - i + 1) % 20'000);
    }
    EXPECT_NE(mistakes(one_unit(text)).find("too many variables refer to others in a row"),
              std::string::npos);
}

}  // namespace
}  // namespace superd::config
