#include "worker/identity.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace superd::worker {
namespace {

using namespace std::string_literals;

TEST(Identity, IsShownWhereThatOfTheTemplateWasAndNothingElseMoves) {
    auto block =
        "HOME=/root\0SUPERD_RUNS=x\0SUPERD_INSTANCE=shop/"
        "template\0SUPERD_RUN=4611686018427387905@1a\0"
        "WORD=kept\0"s;
    const auto home = block.find("/root"), word = block.find("kept"), size = block.size();
    show_identity(block, {{"SUPERD_RUN", "17@1a"}, {"SUPERD_INSTANCE", "shop/1"}, {"HOME", "/x"}});
    EXPECT_EQ(block.size(), size);
    EXPECT_EQ(std::string_view{block.data() + home}, "/root");
    EXPECT_EQ(std::string_view{block.data() + word}, "kept");
    std::string shown;
    for (std::size_t at = 0; at < block.size(); ++at)
        if (block[at] != '\0' || (at > 0 && block[at - 1] != '\0'))
            shown += block[at] ? block[at] : ';';
    EXPECT_EQ(shown, "HOME=/root;SUPERD_RUNS=x;SUPERD_INSTANCE=shop/1;SUPERD_RUN=17@1a;WORD=kept;");
}

TEST(Identity, ThatFindsNoRoomIsNobodys) {
    auto block = "SUPERD_RUN=1@a\0WORD=kept\0"s;
    show_identity(block, {{"SUPERD_RUN", "17@a"}, {"SUPERD_INSTANCE", "shop/1"}});
    EXPECT_EQ(block, std::string(14, '\0') + "\0WORD=kept\0"s);
    show_identity({}, {{"SUPERD_RUN", "17@a"}});
}

}  // namespace
}  // namespace superd::worker
