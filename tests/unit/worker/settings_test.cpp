#include "worker/settings.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::worker {
namespace {

using testing::ElementsAre;

std::string error_of(const std::string& json) {
    const auto settings = parse_settings(json);
    return settings ? "no error" : settings.error();
}

std::string with(const std::string& member) {
    return R"({"unit": "u", "module": "m", )" + member + "}";
}

TEST(Settings, AreReadAsTheProtocolShowsThem) {
    const auto settings = parse_settings(R"json({
      "version": 1,
      "unit": "shop", "index": 1, "count": 2, "generation": 3, "reason": "crash(SIGSEGV)",
      "language": "c++", "module": "/usr/lib/shop/libshop.so", "model": "threads",
      "threads": 8, "loop": "asyncio", "preload": true,
      "stall-warn": 250, "stall-timeout": 5000, "task-timeout": 7, "drain-timeout": 9,
      "max-tasks": 11, "cpus": [0, 3], "listen": {"http": "tcp://127.0.0.1:8080"},
      "config": {
    "greeting" : "hello", "limits" : {"body" : 65536}}
    })json");
    ASSERT_TRUE(settings) << settings.error();
    EXPECT_EQ(settings->unit, "shop");
    EXPECT_EQ(settings->index, 1u);
    EXPECT_EQ(settings->count, 2u);
    EXPECT_EQ(settings->generation, 3u);
    EXPECT_EQ(settings->reason, "crash(SIGSEGV)");
    EXPECT_EQ(settings->module, "/usr/lib/shop/libshop.so");
    EXPECT_EQ(settings->model, SUPERD_THREADS);
    EXPECT_EQ(settings->threads, 8u);
    EXPECT_TRUE(settings->preload);
    EXPECT_EQ(settings->task_timeout_ms, 7u);
    EXPECT_EQ(settings->drain_timeout_ms, 9u);
    EXPECT_EQ(settings->max_tasks, 11u);
    EXPECT_THAT(settings->cpus, ElementsAre(0, 3));
    EXPECT_EQ(settings->listen.at("http"), "tcp://127.0.0.1:8080");
    const auto* config = settings->config->root();
    ASSERT_EQ(config->count, 2u);
    EXPECT_STREQ(config->items[0].key, "greeting");
    EXPECT_STREQ(config->items[0].text, "hello");
    EXPECT_EQ(config->items[1].items[0].integer, 65536);
}

TEST(Settings, NameTheMemberThatIsWrong) {
    EXPECT_EQ(error_of("{"), "cannot read the settings: incomplete JSON");
    EXPECT_THAT(error_of("[]"), testing::HasSubstr("no JSON object"));
    EXPECT_THAT(error_of("{}"), testing::HasSubstr("unit is missing"));
    EXPECT_THAT(error_of(R"({"unit": "u"})"), testing::HasSubstr("module is missing"));
    EXPECT_THAT(error_of(with(R"("version": 2)")),
                testing::HasSubstr("version must be from 1 to 1"));
    EXPECT_THAT(error_of(with(R"("threads": 257)")),
                testing::HasSubstr("threads must be from 1 to 256"));
    EXPECT_THAT(error_of(with(R"("index": -1)")), testing::HasSubstr("index must be from 0"));
    EXPECT_THAT(error_of(with(R"("preload": 1)")),
                testing::HasSubstr("preload must be true or false"));
    EXPECT_THAT(error_of(with(R"("reason": 1)")), testing::HasSubstr("reason must be a text"));
    EXPECT_THAT(error_of(with(R"("cpus": ["x"])")),
                testing::HasSubstr("cpus must be a list of processors"));
    EXPECT_THAT(error_of(with(R"("listen": {"http": 80})")), testing::HasSubstr("listen must be"));
    EXPECT_THAT(error_of(with(R"("config": [])")), testing::HasSubstr("config must be a table"));
}

}  // namespace
}  // namespace superd::worker
