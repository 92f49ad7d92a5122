// [limits] in control files, in a directory that only looks like a group.
#include "supervisor/limiter.hpp"

#include "os/file.hpp"
#include "tests/unit/os/scratch.hpp"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<config::Unit> unit(std::string name, config::Limits limits) {
    auto made = std::make_shared<config::Unit>();
    made->spec.name = std::move(name);
    made->limits = std::make_shared<config::Limits>(std::move(limits));
    return made;
}

class ALimiter : public testing::Test {
protected:
    void SetUp() override {
        write("cgroup.procs", "");
        write("cgroup.controllers", "memory pids cpu\n");
        write("cgroup.subtree_control", "memory pids cpu\n");
        for (const char* file : {"memory.max", "memory.high", "memory.swap.max", "memory.oom.group",
                                 "cpu.max", "cpu.weight", "pids.max"}) {
            write(std::string{"web:0/"} + file, untouched);
        }
    }
    void write(const std::string& name, const std::string& text) {
        std::filesystem::create_directories(std::filesystem::path{scratch_ / name}.parent_path());
        std::ofstream{scratch_ / name} << text;
    }
    std::string value(const std::string& file) {
        return os::read_file(scratch_ / ("web:0/" + file), 4096).value();
    }
    void begin() {
        std::string why;
        groups_ = Groups::choose(io_.get_executor(), scratch_.path(), {}, {}, why);
        ASSERT_NE(groups_, nullptr) << why;
        limiter_.begin(groups_.get(), why);
    }

    static constexpr const char* untouched = "-";
    static constexpr const char* hint = ": whoever delegates it has to pass that on";
    boost::asio::io_context io_;
    test::Scratch scratch_;
    std::unique_ptr<Groups> groups_;
    Limiter limiter_;
};

TEST_F(ALimiter, WritesToANewGroupOnlyWhatTheUnitSays) {
    begin();
    const auto web = unit("web", {.memory_max = 64u << 20, .cpu_us = 150'000});
    ASSERT_TRUE(limiter_.apply("web:0", *web, Limiter::Written::nobody));
    EXPECT_EQ(value("memory.max"), "67108864");
    EXPECT_EQ(value("cpu.max"), "150000 100000");
    EXPECT_EQ(value("memory.high"), untouched);
    EXPECT_EQ(value("pids.max"), untouched);
}

TEST_F(ALimiter, WritesNothingTwice) {
    begin();
    const auto web = unit("web", {.memory_max = 64u << 20});
    ASSERT_TRUE(limiter_.apply("web:0", *web, Limiter::Written::nobody));
    write("web:0/memory.max", untouched);
    ASSERT_TRUE(limiter_.apply("web:0", *web, Limiter::Written::us));
    EXPECT_EQ(value("memory.max"), untouched);
    limiter_.forget("web:0");
    ASSERT_TRUE(limiter_.apply("web:0", *web, Limiter::Written::us));
    EXPECT_EQ(value("memory.max"), "67108864") << "somebody may have changed it";
}

TEST_F(ALimiter, ChangesWhatDiffersAndTakesBackWhatIsNotSaidAnyMore) {
    begin();
    ASSERT_TRUE(limiter_.apply("web:0", *unit("web", {.memory_max = 64u << 20, .pids = 5}),
                               Limiter::Written::nobody));
    write("web:0/memory.max", untouched);
    ASSERT_TRUE(limiter_.apply("web:0", *unit("web", {.memory_max = 64u << 20, .swap_max = 0}),
                               Limiter::Written::us));
    EXPECT_EQ(value("memory.max"), untouched);
    EXPECT_EQ(value("pids.max"), "max");
    EXPECT_EQ(value("memory.swap.max"), "0");
    config::Unit plain;
    plain.spec.name = "web";
    ASSERT_TRUE(limiter_.apply("web:0", plain, Limiter::Written::us));
    EXPECT_EQ(value("memory.max"), "max");
    EXPECT_EQ(value("memory.swap.max"), "max");
}

TEST_F(ALimiter, WritesAllToAGroupOfAnEarlierSupervisor) {
    begin();
    ASSERT_TRUE(
        limiter_.apply("web:0", *unit("web", {.memory_max = 64u << 20}), Limiter::Written::us));
    EXPECT_EQ(value("memory.max"), "67108864");
    EXPECT_EQ(value("memory.oom.group"), "0");
    EXPECT_EQ(value("pids.max"), "max");
    EXPECT_EQ(value("cpu.weight"), "100");
}

TEST_F(ALimiter, TakesNothingForGrantedOfAGroupThatWasThere) {
    begin();
    config::Unit plain;
    plain.spec.name = "web";
    ASSERT_TRUE(limiter_.apply("web:0", plain, Limiter::Written::us));
    EXPECT_EQ(value("memory.max"), untouched) << "it has no limits, and had none";
    ASSERT_TRUE(limiter_.apply("web:0", plain, Limiter::Written::somebody));
    EXPECT_EQ(value("memory.max"), "max");
}

TEST_F(ALimiter, TellsWhatTheKernelRefuses) {
    begin();
    std::filesystem::remove(scratch_ / "web:0/pids.max");
    const auto done = limiter_.apply("web:0", *unit("web", {.pids = 5}), Limiter::Written::nobody);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message(), "cannot set limits.pids of web:0: No such file or directory");
}

TEST_F(ALimiter, TellsWhatDoesNotHoldForWantOfAController) {
    write("cgroup.controllers", "memory\n");
    write("cgroup.subtree_control", "memory\n");
    begin();
    const auto web = unit("web", {.memory_max = 64u << 20, .cpu_weight = 50, .pids = 5});
    EXPECT_THAT(
        limiter_.notices(*web),
        ElementsAre(
            "limits.cpu-weight does not hold: " + scratch_.path() + " has no cpu controller" + hint,
            "limits.pids does not hold: " + scratch_.path() + " has no pids controller" + hint));
    EXPECT_FALSE(limiter_.stand_in(*web)) << "the kernel sees to it";
    const std::vector<std::shared_ptr<const config::Unit>> units{web, unit("db", {.pids = 9})};
    EXPECT_EQ(limiter_.warning(units),
              "cannot hold units to their [limits]: cpu-weight, pids of web; pids of db; " +
                  scratch_.path() + " has no cpu controller" + hint + "; they run without");
    EXPECT_THAT(limiter_.notices(*unit("db", {.memory_max = 1u << 20})), IsEmpty());
}

TEST_F(ALimiter, WithoutGroupsLimitsPrivateMemoryInstead) {
    limiter_.begin(nullptr, "superd.toml says off");
    const auto web =
        unit("web", {.memory_max = 64u << 20, .oom_policy = config::OomPolicy::kill_instance});
    EXPECT_THAT(limiter_.notices(*web),
                ElementsAre("limits.memory-max and oom-policy do not hold: control groups are not "
                            "used: superd.toml says off; each process may have as much private "
                            "memory as memory-max says"));
    const auto limit = limiter_.stand_in(*web);
    ASSERT_TRUE(limit);
    EXPECT_EQ(limit->resource, RLIMIT_DATA);
    EXPECT_EQ(limit->value, 64u << 20);
    auto own = unit("web", {.memory_max = 64u << 20, .process = {{RLIMIT_DATA, 1u << 30}}});
    EXPECT_FALSE(limiter_.stand_in(*own)) << "the unit says itself what is right";
    EXPECT_FALSE(limiter_.stand_in(*unit("web", {.pids = 5})));
    EXPECT_THAT(limiter_.notices(config::Unit{}), IsEmpty());
}

TEST_F(ALimiter, NamesAFewUnitsAndCountsTheRest) {
    limiter_.begin(nullptr, "superd.toml says off");
    std::vector<std::shared_ptr<const config::Unit>> units;
    for (int i = 0; i < 7; ++i) units.push_back(unit("u" + std::to_string(i), {.pids = 5}));
    EXPECT_THAT(limiter_.warning(units), HasSubstr("pids of u0, u1, u2, u3, u4 and 2 more;"));
    EXPECT_EQ(limiter_.warning({}), "");
}

}  // namespace
}  // namespace superd::supervisor
