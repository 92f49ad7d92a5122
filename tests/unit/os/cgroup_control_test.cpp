// Control files, in a directory that only looks like a group.
#include "os/cgroup.hpp"
#include "os/file.hpp"
#include "tests/unit/os/scratch.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::os {
namespace {

using testing::ElementsAre;

class CgroupControl : public testing::Test {
protected:
    CgroupControl() {
        write("cgroup.procs", "");
        write("cgroup.controllers", "cpuset cpu memory pids\n");
        write("cgroup.subtree_control", "memory\n");
    }
    void write(const std::string& name, const std::string& text) {
        std::filesystem::create_directories(std::filesystem::path{scratch_ / name}.parent_path());
        std::ofstream{scratch_ / name} << text;
    }
    std::string read(const std::string& name) { return read_file(scratch_ / name, 4096).value(); }
    CgroupParent parent() { return CgroupParent::open(scratch_.path()).value(); }

    test::Scratch scratch_;
};

TEST_F(CgroupControl, EnablesEachThatIsThereByItself) {
    const auto refused = parent().enable_controllers();
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_EQ(refused[0].controller, "io");
    EXPECT_EQ(refused[0].why,
              scratch_.path() + " has no io controller: whoever delegates it has to pass that on");
    EXPECT_THAT(read("cgroup.subtree_control"), testing::StartsWith("+cpu"))
        << "the last of them, written over the others";
}

TEST_F(CgroupControl, TellsWhichGroupsHave) {
    EXPECT_THAT(parent().controllers(), ElementsAre("memory"));
    write("cgroup.subtree_control", "cpu memory io\n");
    EXPECT_THAT(parent().controllers(), ElementsAre("cpu", "memory", "io"));
    write("cgroup.subtree_control", "");
    EXPECT_THAT(parent().controllers(), ElementsAre());
}

TEST_F(CgroupControl, ReadsWhatTheKernelCounts) {
    write("web:0/memory.current", "1048576\n");
    write("web:0/memory.peak", "2097152\n");
    write("web:0/memory.swap.current", "0\n");
    write("web:0/memory.events", "low 0\nhigh 3\noom 2\noom_kill 2\noom_group_kill 0\n");
    write("web:0/pids.current", "7\n");
    write("web:0/cpu.stat", "usage_usec 1500\nuser_usec 1000\n");
    write("web:0/memory.pressure",
          "some avg10=12.50 avg60=1.00 avg300=0.10 total=5\nfull avg10=3.00\n");
    const auto usage = parent().usage("web:0");
    EXPECT_EQ(usage.memory_bytes, 1u << 20);
    EXPECT_EQ(usage.memory_peak, 2u << 20);
    EXPECT_EQ(usage.swap_bytes, 0u);
    EXPECT_EQ(usage.tasks, 7u);
    EXPECT_EQ(usage.cpu_us, 1500u);
    EXPECT_EQ(usage.memory_pressure, 12.5);
    EXPECT_EQ(usage.io_pressure, std::nullopt);
    EXPECT_EQ(parent().oom_kills("web:0"), 2u);
    EXPECT_EQ(parent().oom_kills("db:0"), std::nullopt);
    EXPECT_EQ(parent().usage("db:0").memory_bytes, std::nullopt);
}

TEST_F(CgroupControl, TellsOfTheFileThatCannotBeWritten) {
    write("web:0/memory.max", "max\n");
    EXPECT_TRUE(parent().write("web:0", "memory.max", "1"));
    EXPECT_EQ(parent().write("web:0", "memory.high", "1").error().message(),
              "cannot open cgroup file web:0/memory.high: No such file or directory");
}

}  // namespace
}  // namespace superd::os
