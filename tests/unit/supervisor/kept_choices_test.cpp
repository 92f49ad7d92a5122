// What superd keeps in its state directory.
#include "supervisor/enablement.hpp"
#include "supervisor/timer_store.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

class KeptTest : public testing::Test {
protected:
    KeptTest() {
        char name[] = "/tmp/sdkept.XXXXXX";
        directory_ = ::mkdtemp(name);
    }
    ~KeptTest() override { std::filesystem::remove_all(directory_); }
    std::string path() const { return directory_ + "/kept"; }
    std::string text() const {
        std::ostringstream all;
        all << std::ifstream{path()}.rdbuf();
        return all.str();
    }

private:
    std::string directory_;
};

TEST_F(KeptTest, ChoicesAreReadAsTheyWereWritten) {
    auto choices = Enablement::open(path());
    EXPECT_EQ(choices.find("web"), std::nullopt);
    ASSERT_TRUE(choices.replace({{"web", true}, {"db", false}}));
    EXPECT_EQ(text(), "db disabled\nweb enabled\n");
    const auto again = Enablement::open(path());
    EXPECT_EQ(again.find("web"), true);
    EXPECT_EQ(again.find("db"), false);
}

TEST_F(KeptTest, WhatCannotBeWrittenDoesNotHold) {
    auto choices = Enablement::open("/nowhere/at/all");
    const auto written = choices.replace({{"web", true}});
    ASSERT_FALSE(written);
    EXPECT_EQ(choices.find("web"), std::nullopt);
}

TEST_F(KeptTest, LinesThatMeanNothingAreDropped) {
    const auto choices = Enablement::parse("web enabled\n\ndb\n enabled\nx maybe\ny disabled");
    EXPECT_EQ(choices, (Enablement::Choices{{"web", true}, {"y", false}}));
    const auto timers =
        TimerStore::parse("job 0 5 4\njob\njob x 1 1\na 1 2\nb 0 1 1 1\nc 2 -1 0\n");
    ASSERT_EQ(timers.size(), 1u);
    EXPECT_EQ(timers.at({"job", 0}), (TimerStore::Entry{5, 4}));
}

TEST_F(KeptTest, TimersAreWrittenWhenSomethingIsAnother) {
    auto store = TimerStore::open(path());
    ASSERT_TRUE(store.save());
    EXPECT_FALSE(std::filesystem::exists(path())) << "nothing to keep";
    store.put("job", 1, {7, 6});
    store.put("gone", 0, {1, 1});
    store.forget("gone", 0);
    ASSERT_TRUE(store.save());
    EXPECT_EQ(text(), "job 1 7 6\n");
    std::filesystem::remove(path());
    store.put("job", 1, {7, 6});
    ASSERT_TRUE(store.save());
    EXPECT_FALSE(std::filesystem::exists(path())) << "it says that already";
    store.put("job", 1, {8, 6});
    ASSERT_TRUE(store.save());
    EXPECT_EQ(TimerStore::open(path()).entries().at({"job", 1}), (TimerStore::Entry{8, 6}));
}

}  // namespace
}  // namespace superd::supervisor
