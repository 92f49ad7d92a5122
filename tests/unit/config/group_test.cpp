// Every mistake that can be made with a group, and the sentence it gets.
#include "tests/unit/config/files.hpp"

#include <vector>

namespace superd::config {
namespace {

TEST(GroupMessages, SayWhatAGroupIs) {
    const std::string is_group = "type = \"group\"\n";
    EXPECT_EQ(mistakes(one_unit(is_group)),
              "units/web.toml: cannot use this group: members is missing; write members = "
              "[\"one\", \"another\"]\n");
    const auto alone = [&](const std::string& text) { return mistakes(one_unit(is_group + text)); };
    const std::vector<std::pair<std::string, std::string>> single{
        {"members = []", "2:11: cannot use members: a group has at least one member"},
        {"members = [\"web\"]",
         "2:12: cannot use members[0] = \"web\": a group cannot be a member of itself"},
        {"members = [\"db\"]",
         "2:12: cannot use members[0] = \"db\": there is no such unit; units/db.toml would be "
         "it"},
    };
    for (const auto& [text, message] : single) {
        EXPECT_EQ(alone(text), "units/web.toml:" + message + "\n");
    }
    const auto with_db = [&](const std::string& text) {
        return mistakes({{{"units/db.toml", "exec = [\"/bin/true\"]"},
                          {"units/web.toml", is_group + "members = [\"db\"]\n" + text}}});
    };
    const std::vector<std::pair<std::string, std::string>> samples{
        {"exec = [\"/bin/true\"]",
         "3:8: cannot use exec: a group runs nothing itself; write it into the members' files"},
        {"restart.policy = \"never\"",
         "3:18: cannot use restart.policy = \"never\": a group runs nothing itself; write it into "
         "the members' files"},
        {"strategy = \"one-for-al\"",
         "3:12: cannot use strategy = \"one-for-al\": expected one-for-one, one-for-all or "
         "rest-for-one; did you mean \"one-for-all\"?"},
        {"intensity = \"often\"",
         "3:13: cannot use intensity = \"often\": expected a number and a duration, such as "
         "\"10 in 1min\""},
        {"significant = [\"bd\"]",
         "3:16: cannot use significant[0] = \"bd\": it is not one of members; did you mean "
         "\"db\"?"},
    };
    for (const auto& [text, message] : samples) {
        EXPECT_EQ(with_db(text), "units/web.toml:" + message + "\n");
    }
}

}  // namespace
}  // namespace superd::config
