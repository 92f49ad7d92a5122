// ${NAME} and ${NAME:-default}: where they may stand, and what they mean.
#include "config/instance_text.hpp"
#include "config/schema.hpp"
#include "tests/unit/config/files.hpp"
#include "tests/unit/config/one_key.hpp"

#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What a text in exec comes to.
std::string meant(const std::string& text, const std::string& env = {},
                  const std::string& settings = {}) {
    const auto unit = parsed_unit(fmt::format("exec = [\"/x\", \"{}\"]\nenv = {{ {} }}", text, env),
                                  {{"superd.toml", settings}});
    return unit->launch.argv.size() == 2 ? unit->launch.argv[1] : "";
}

TEST(Variables, HaveDefaultsForWhatIsNotSetOrEmpty) {
    EXPECT_EQ(meant("${A:-8080}"), "8080");
    EXPECT_EQ(meant("${A:-8080}", "A = \"\""), "8080");
    EXPECT_EQ(meant("${A:-8080}", "A = \"1\""), "1");
    EXPECT_EQ(meant("<${A:-}>"), "<>");
    EXPECT_EQ(meant("${A:-a:-b}"), "a:-b");
    EXPECT_EQ(meant("${A}", "A = \"${A:-own}\""), "own");
}

TEST(Variables, MayBeInTheDefaultsOfOthers) {
    EXPECT_EQ(meant("${A:-${B}/c}/d", "B = \"b\""), "b/c/d");
    EXPECT_EQ(meant("${A:-${B:-${C:-deep}}}"), "deep");
    EXPECT_EQ(meant("${A:-$${B}}"), "${B}");
    EXPECT_EQ(meant("${A:-${NOT_ASKED_FOR}}", "A = \"a\""), "a");
}

TEST(Variables, LeaveOtherDollarsAlone) {
    EXPECT_EQ(meant("echo $$ $1 $HOME $"), "echo $$ $1 $HOME $");
    EXPECT_EQ(meant("$${A:-b}"), "${A:-b}");
}

TEST(Variables, AreLookedForInOrder) {
    const std::string settings = "[variables]\nA = \"shared\"\nUNITS = \"x\"";
    EXPECT_EQ(meant("${A}", "", settings), "shared");
    EXPECT_EQ(meant("${A}", "A = \"own\"", settings), "own");
    EXPECT_EQ(meant("${A}", "A = \"${A}+\"", settings), "shared+");
    EXPECT_EQ(meant("${UNIT}", "UNIT = \"other\""), "web");
    ::setenv("SUPERD_TEST_OUTSIDE", "superd's", 1);
    EXPECT_EQ(meant("${SUPERD_TEST_OUTSIDE:-not superd's}"), "not superd's");
    ::unsetenv("SUPERD_TEST_OUTSIDE");
}

TEST(Variables, OfAllUnitsAreInNoEnvironment) {
    const auto unit = parsed_unit("exec = [\"/x\"]\nenv.NAME = \"${UNIT}.${DOMAIN}\"",
                                  {{"superd.toml", "variables.DOMAIN = \"example\""}});
    EXPECT_THAT(unit->launch.env, ElementsAre("NAME=web.example"));
}

TEST(Variables, OfAllUnitsMayReferToEachOther) {
    EXPECT_EQ(meant("${A}", "", "[variables]\nA = \"a${B}\"\nB = \"b\""), "ab");
    EXPECT_EQ(mistakes({{{"superd.toml",
                          "[variables]\nA = \"secret ${B}\"\nB = \"secret ${A}\"\n"
                          "UNIT = \"secret\"\n"}}}),
              "superd.toml:3:5: cannot use variables.B: it refers to itself: A → B → A\n"
              "superd.toml:4:8: cannot use variables.UNIT: superd sets this variable itself\n");
    EXPECT_EQ(
        mistakes({{{"superd.toml", "variables.1A = \"secret\""}}}),
        "superd.toml:1:11: cannot use variables.1A: a variable's name has letters, digits and "
        "_ only, and no digit first\n");
}

TEST(Variables, OfTheUnitsEnvironmentMayBeMeantWhereTheyAreMisspelt) {
    EXPECT_THAT(mistakes({{{"superd.toml", "variables.DOMAIN = \"secret\""},
                           {"units/web.toml", "exec = [\"/x\", \"${DOMIAN}\"]"}}}),
                HasSubstr("${DOMIAN} is not set; did you mean ${DOMAIN}?"));
}

TEST(Variables, InTextsWithinTextsEndSomewhere) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "${A:-";
    text += std::string(10'000, '}');
    EXPECT_THAT(mistakes(one_unit("exec = [\"/x\", \"" + text + "\"]")),
                HasSubstr("too many variables refer to others in a row"));
}

TEST(Variables, OfAnInstanceReachAllThatIsSaidOfIt) {
    const auto unit = parsed_unit(
        "exec = [\"/bin/${INSTANCE}\"]\ninstances = 3\nenv.PORT = \"80${INSTANCE}\"\n"
        "ready.http = \"http://127.0.0.1:${PORT}/\"\n"
        "[[check]]\nname = \"up\"\nexec = [\"/bin/ask\", \"${INSTANCE:-none}\"]");
    ASSERT_TRUE(unit->ready);
    EXPECT_EQ(for_instance(*unit->ready, 0).port, 800);
    EXPECT_EQ(for_instance(*unit->ready, 2).port, 802);
    EXPECT_EQ(for_instance(unit->launch.argv.at(0), 2), "/bin/2");
    EXPECT_EQ(for_instance(unit->launch.env.at(0), 2), "PORT=802");
    EXPECT_THAT(for_instance(unit->checks.at(0), 2).argv, ElementsAre("/bin/ask", "2"));
}

TEST(Variables, OfAnInstanceAreSeenToBeGoodForEachOfThem) {
    const std::string text = "exec = [\"/x\"]\nready.tcp = \"[::1]:6553${INSTANCE}\"\n";
    EXPECT_EQ(mistakes(one_unit("instances = 6\n" + text)), "");
    EXPECT_THAT(mistakes(one_unit("instances = 7\n" + text)),
                HasSubstr("for instance 6: expected a port from 1 to 65535"));
    EXPECT_THAT(mistakes(one_unit("exec = [\"web${INSTANCE}\"]")),
                HasSubstr("a name with ${INSTANCE} in it cannot be looked up in PATH"));
}

TEST(Variables, AreNotInWhatIsSaidOfAPattern) {
    const auto told =
        mistakes(one_unit("exec = [\"/x\"]\nenv.TOKEN = \"secret\"\n"
                          "ready.log = \"[${TOKEN}\""));
    EXPECT_EQ(told,
              "units/web.toml:3:13: cannot use ready.log = \"[${TOKEN}\": this is no "
              "regular expression: missing ]\n");
}

// A value with ${NOWHERE} in a string of it.
std::string referring(const Key& key) {
    switch (key.form) {
        case Form::text:
        case Form::choice:
        case Form::signal:
        case Form::mode:
        case Form::account:
        case Form::duration:
        case Form::size:
        case Form::size_limit:
        case Form::count_limit:
        case Form::quota:
        case Form::moments:
        case Form::rate: return "\"${NOWHERE}\"";
        case Form::texts:
        case Form::exits:
        case Form::steps:
        case Form::order: return "[\"${NOWHERE}\"]";
        case Form::argv: return "[\"/bin/true\", \"${NOWHERE}\"]";
        case Form::environment: return "{ A = \"${NOWHERE}\" }";
        case Form::table: return "{ a = \"${NOWHERE}\" }";
        case Form::listeners: return "{ a = \"unix:/run/${NOWHERE}\" }";
        case Form::boolean:
        case Form::integer:
        case Form::instances:
        case Form::number:
        case Form::notify:
        case Form::start:
        case Form::workers:
        case Form::cpus:
        case Form::surge: break;
    }
    return {};
}

TEST(Variables, AreReplacedWhereTheTableOfKeysSaysSo) {
    for (const auto& key : unit_schema().keys) {
        const auto value = referring(key);
        if (value.empty()) {
            EXPECT_FALSE(key.expands) << key.path;
            continue;
        }
        const auto text = unit_with(key, value);
        const auto told = mistakes(one_unit(text));
        EXPECT_EQ(told.contains("${NOWHERE} is not set"), key.expands) << key.path << "\n" << told;
    }
}

}  // namespace
}  // namespace superd::config
