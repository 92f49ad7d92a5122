#include "os/file.hpp"
#include "superd.hpp"
#include "tests/unit/places.hpp"

#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace superd::test {
namespace {

// `superd --prepare-cgroup` where /proc shows it files of the test's own.
class PrepareCgroup : public ::testing::Test {
protected:
    void SetUp() override {
        if (::getuid() != 0) GTEST_SKIP() << "needs a mount namespace";
        std::filesystem::create_directories(unit_);
        write("cgroup", "1:name=other:/elsewhere\n0::/system.slice/superd.service/.control\n");
        write("mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n29 1 0:26 / " +
                               std::string{place_ / "tree"} +
                               " rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
        control("cpu memory pids\n");
    }

    void write(const std::string& name, const std::string& text) const {
        ASSERT_TRUE(os::write_file(place_ / name, text, 0644).has_value());
    }
    void control(const std::string& text) const {
        ASSERT_TRUE(os::write_file(unit_ + "/cgroup.subtree_control", text, 0644).has_value());
    }
    // The kernel takes each write as a command; a file keeps all of them, behind what was read.
    std::string commands() const {
        return os::read_file(unit_ + "/cgroup.subtree_control", 1000).value_or("");
    }
    Ran prepare() const {
        const std::string script = "mount --bind " + (place_ / "cgroup") +
                                   " /proc/$$/cgroup && mount --bind " + (place_ / "mountinfo") +
                                   " /proc/$$/mountinfo && exec " + places::superd() +
                                   " --prepare-cgroup";
        return run({"/usr/bin/unshare", "--mount", "/bin/sh", "-c", script},
                   {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
    }

    Scratch place_;
    std::string unit_ = place_ / "tree/system.slice/superd.service";
};

TEST_F(PrepareCgroup, TakesAllControllersBack) {
    const Ran ran = prepare();
    EXPECT_EQ(0, ran.status) << ran.output;
    EXPECT_EQ("", ran.output);
    EXPECT_EQ("cpu memory pids\n-cpu-memory-pids", commands());
}

TEST_F(PrepareCgroup, WithoutAnyDoesNothing) {
    control("\n");
    EXPECT_EQ(0, prepare().status);
    EXPECT_EQ("\n", commands());
}

TEST_F(PrepareCgroup, InAnyOtherGroupDoesNothing) {
    write("cgroup", "0::/system.slice/superd.service\n");
    EXPECT_EQ(0, prepare().status);
    EXPECT_EQ("cpu memory pids\n", commands());
}

TEST_F(PrepareCgroup, FindsAMountThatBeginsBelowTheRoot) {
    write("mountinfo", "29 1 0:26 /system.slice " + std::string{place_ / "tree/system.slice"} +
                           " rw - cgroup2 cgroup2 rw\n");
    EXPECT_EQ(0, prepare().status);
    EXPECT_EQ("cpu memory pids\n-cpu-memory-pids", commands());
}

TEST_F(PrepareCgroup, TakesNoMountForItsOwnThatIsOfAGroupWithSuchAName) {
    write("mountinfo",
          "28 1 0:26 /system.sli /nowhere rw - cgroup2 cgroup2 rw\n"
          "29 1 0:26 / " +
              std::string{place_ / "tree"} + " rw - cgroup2 cgroup2 rw\n");
    EXPECT_EQ(0, prepare().status);
    EXPECT_EQ("cpu memory pids\n-cpu-memory-pids", commands());
}

TEST_F(PrepareCgroup, SaysWhatItCannotDo) {
    std::filesystem::remove(unit_ + "/cgroup.subtree_control");
    const Ran ran = prepare();
    EXPECT_EQ(73, ran.status);
    EXPECT_EQ("superd: cannot make room in the control group for superd: " + unit_ +
                  "/cgroup.subtree_control: No such file or directory\n",
              ran.output);
}

}  // namespace
}  // namespace superd::test
