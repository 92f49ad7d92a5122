#include "supervisor/records.hpp"

#include "tests/unit/supervisor/full_disk.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using namespace turn;

using namespace std::chrono_literals;

class RecordsTest : public testing::Test {
protected:
    RecordsTest() {
        char name[] = "/tmp/sdrec.XXXXXX";
        directory_ = ::mkdtemp(name);
    }
    ~RecordsTest() override { std::filesystem::remove_all(directory_); }

    std::string path() const { return directory_ + "/records"; }
    Records open() {
        auto records = Records::open(path(), contents);
        EXPECT_TRUE(records) << records.error().message();
        return std::move(*records);
    }
    static std::uint32_t slot_of(Records& records) {
        std::uint32_t slot = 0;
        EXPECT_TRUE(records.provide(slot));
        return slot;
    }
    void overwrite(off_t offset, std::string_view bytes) const {
        const os::Fd fd{::open(path().c_str(), O_WRONLY)};
        EXPECT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), offset),
                  static_cast<ssize_t>(bytes.size()));
    }

    std::string directory_;
    Records::Contents contents;
};

TEST_F(RecordsTest, ANewFileKnowsNothing) {
    open();
    EXPECT_TRUE(contents.records.empty());
    EXPECT_EQ(contents.header.boot, "");
    EXPECT_EQ(contents.next_run, 1u);
}

TEST_F(RecordsTest, SlotsAreFoundAgainAndFreedOnesReused) {
    {
        Records records = open();
        ASSERT_TRUE(records.reset({"boot-1", 5}));
        for (const char* name : {"a", "b", "c"}) {
            ASSERT_TRUE(records.write(slot_of(records), encode_record(name, 0, {}, 0)));
        }
        ASSERT_TRUE(records.release(2));
    }
    Records records = open();
    EXPECT_EQ(contents.header, (RecordsHeader{"boot-1", 5}));
    ASSERT_EQ(contents.records.size(), 2u);
    EXPECT_EQ(contents.records[0].record.unit, "a");
    EXPECT_EQ(contents.records[1].record.unit, "c");
    EXPECT_EQ(contents.damaged, 0u);
    EXPECT_EQ(slot_of(records), 2u);
    EXPECT_EQ(slot_of(records), 4u);
}

TEST_F(RecordsTest, RunNumbersGoOnFromTheHighest) {
    core::Instance instance;
    instance.run = 77;
    {
        Records records = open();
        ASSERT_TRUE(records.reset({"boot", 5}));
        ASSERT_TRUE(records.write(slot_of(records), encode_record("a", 0, instance, 0)));
    }
    { open(); }
    EXPECT_EQ(contents.next_run, 78u);
    {
        Records records = open();
        ASSERT_TRUE(records.reset({"boot", contents.next_run}));
    }
    open();
    EXPECT_TRUE(contents.records.empty());
    EXPECT_EQ(contents.next_run, 78u);
}

TEST_F(RecordsTest, ASlotCanBeWrittenHoweverFullTheDiskIs) {
    Records records = open();
    ASSERT_TRUE(records.reset({"boot", 1}));
    std::uint32_t none = 0;
    std::vector<std::uint32_t> slots{slot_of(records)};
    {
        const FullDisk full{slots.back() * slot_size};
        while (slots.size() < 7) slots.push_back(slot_of(records));  // As far as there is room.
        EXPECT_FALSE(records.provide(none));
        EXPECT_EQ(none, 0u);
    }
    struct stat status{};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_GE(static_cast<std::uint64_t>(status.st_blocks) * 512, 8 * slot_size);
    for (const std::uint32_t slot : slots) {
        EXPECT_TRUE(records.write(slot, encode_record("a", slot, {}, 0)));
    }
    EXPECT_TRUE(records.provide(none)) << "there is room again";
    EXPECT_EQ(none, 8u);
    ASSERT_TRUE(records.provide(none));
    EXPECT_EQ(none, 8u) << "it has one";
    open();
    EXPECT_EQ(contents.records.size(), slots.size());
    EXPECT_EQ(contents.damaged, 0u);
}

TEST_F(RecordsTest, ADamagedSlotCostsOnlyItself) {
    {
        Records records = open();
        ASSERT_TRUE(records.reset({"boot", 1}));
        for (const char* name : {"a", "b", "c"}) {
            ASSERT_TRUE(records.write(slot_of(records), encode_record(name, 0, {}, 0)));
        }
    }
    overwrite(2 * slot_size + 20, "garbage");
    overwrite(8 * slot_size, "half a slot");
    Records records = open();
    ASSERT_EQ(contents.records.size(), 2u);
    EXPECT_EQ(contents.damaged, 1u);
    EXPECT_EQ(slot_of(records), 2u);
    EXPECT_EQ(slot_of(records), 4u);
}

}  // namespace
}  // namespace superd::supervisor
