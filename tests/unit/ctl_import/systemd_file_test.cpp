#include "ctl/import/systemd_file.hpp"

#include <gtest/gtest.h>

namespace superctl::importing {
namespace {

std::vector<std::string> values_of(const std::string& text) {
    std::vector<Note> notes;
    std::vector<std::string> values;
    for (const auto& each : parse_systemd_file({"web.service", text}, notes)) {
        values.push_back(each.key + "=" + each.value);
    }
    return values;
}

TEST(SystemdFile, ABackslashAtTheEndGoesOnInTheNextLine) {
    EXPECT_EQ(values_of("[A]\nB=1 \\\n  2\nC=3\n"), (std::vector<std::string>{"B=1  2", "C=3"}));
    EXPECT_EQ(values_of("[A]\nB=1\\\n# a comment\n2\n"), std::vector<std::string>{"B=1 2"});
}

TEST(SystemdFile, ABackslashThatIsEscapedGoesOnNowhere) {
    EXPECT_EQ(values_of("[A]\nB=1\\\\\nC=3\n"), (std::vector<std::string>{"B=1\\\\", "C=3"}));
    EXPECT_EQ(values_of("[A]\nB=1\\\\\\\n2\n"), std::vector<std::string>{"B=1\\\\ 2"});
}

}  // namespace
}  // namespace superctl::importing
