#include "supervisor/template_message.hpp"

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

TEST(TemplateMessage, ARequestNamesRunVariablesAndDescriptors) {
    const ForkRequest request{17, {"SUPERD_RUN=17@1a", "A=b=\"c\"", "EMPTY="}, {"stdout", "page"}};
    EXPECT_EQ(serialize(request),
              R"({"run":17,"environment":{"SUPERD_RUN":"17@1a","A":"b=\"c\"","EMPTY":""},)"
              R"("descriptors":["stdout","page"]})");
    EXPECT_EQ(serialize({1, {}, {}}), R"({"run":1,"environment":{},"descriptors":[]})");
}

TEST(TemplateMessage, AnAnswerIsReadyMadeOrFailed) {
    EXPECT_EQ(parse_fork_answer(R"({"ready": true})"), (ForkAnswer{0, "", false}));
    EXPECT_EQ(parse_fork_answer(R"({"run": 17})"), (ForkAnswer{17, "", false}));
    EXPECT_EQ(parse_fork_answer(R"({"run": 17, "failed": "cannot fork", "permanent": true})"),
              (ForkAnswer{17, "cannot fork", true}));
    EXPECT_EQ(parse_fork_answer(R"({"run": 17, "failed": "no", "more": [1]})"),
              (ForkAnswer{17, "no", false}));
}

TEST(TemplateMessage, AFailureWithoutAWordIsAFailure) {
    const auto answer = parse_fork_answer(R"({"run": 17, "failed": ""})");
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->failed.empty());
}

TEST(TemplateMessage, WhatMakesNoSenseIsNothing) {
    for (const char* const text :
         {"", "{", "[]", "7", R"({})", R"({"ready": false})", R"({"run": 0})", R"({"run": -1})",
          R"({"run": "17"})", R"({"ready": true, "run": 1})", R"({"ready": 1})",
          R"({"ready": true, "failed": "x"})", R"({"run": 17, "failed": 3})"}) {
        EXPECT_FALSE(parse_fork_answer(text)) << text;
    }
    EXPECT_FALSE(parse_fork_answer(std::string(template_message_max + 1, ' ')));
}

TEST(TemplateMessage, ALongSentenceIsCut) {
    const auto answer =
        parse_fork_answer(R"({"run": 17, "failed": ")" + std::string(60'000, 'x') + "\"}");
    ASSERT_TRUE(answer);
    EXPECT_LE(answer->failed.size(), 1024u);
}

}  // namespace
}  // namespace superd::supervisor
