#include "worker/settings.hpp"

#include <string>
#include <superd/config.hpp>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using superd::Config;
using superd::config_error;
using testing::ElementsAre;

class ServiceConfig : public testing::Test {
protected:
    Config config_of(const std::string& table) {
        auto settings = superd::worker::parse_settings(
            R"({"unit": "u", "module": "m", "config": )" + table + "}");
        EXPECT_TRUE(settings) << settings.error();
        settings_ = std::move(*settings);
        return Config{settings_.config->root()};
    }
    template <class Call>
    static std::string error_of(Call call) {
        try {
            call();
        } catch (const config_error& error) {
            return error.what();
        }
        return "no error";
    }
    superd::worker::Settings settings_;
};

TEST_F(ServiceConfig, GivesValuesOfTheirTypes) {
    const Config config = config_of(
        R"({"text": "a", "yes": true, "n": -3, "x": 1.5, "list": [1, 2],
            "in": {"deep": {"k": "v"}}})");
    EXPECT_EQ(config.get("text", "b"), "a");
    EXPECT_EQ(config.get("missing", "b"), "b");
    EXPECT_TRUE(config.require<bool>("yes"));
    EXPECT_EQ(config.get<int>("n", 0), -3);
    EXPECT_EQ(config.get<double>("n", 0), -3.0);
    EXPECT_EQ(config.require<double>("x"), 1.5);
    EXPECT_THAT(config.require<std::vector<int>>("list"), ElementsAre(1, 2));
    EXPECT_EQ(config.section("in").section("deep").require<std::string>("k"), "v");
    EXPECT_EQ(config.section("none").get("k", "d"), "d");
    EXPECT_FALSE(config.has("none"));
    EXPECT_THAT(config.section("in").keys(), ElementsAre("deep"));
}

TEST_F(ServiceConfig, NamesTheKeyInEachError) {
    const Config config = config_of(R"({"n": 300, "limits": {"body": "big", "list": [1, "x"]}})");
    EXPECT_EQ(error_of([&] { config.require<int>("port"); }), "config.port is missing");
    EXPECT_EQ(error_of([&] { config.get<std::uint8_t>("n", 1); }),
              "config.n is 300; it must be from 0 to 255");
    EXPECT_EQ(error_of([&] { config.section("limits").get<int>("body", 1); }),
              "config.limits.body must be an integer, not a text");
    EXPECT_EQ(error_of([&] { config.section("limits").require<std::vector<int>>("list"); }),
              "config.limits.list[1] must be an integer, not a text");
    EXPECT_EQ(error_of([&] { config.section("n"); }), "config.n must be a table, not an integer");
}

}  // namespace
