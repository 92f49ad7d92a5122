#include "logger/rotation.hpp"

#include "logger/compressor.hpp"
#include "logger/history.hpp"
#include "logger/log_file.hpp"
#include "tests/unit/logger/logger_process.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

constexpr std::int64_t noon = 1'795'468'500'123'456'789;

void touch(const std::string& path, std::string_view text = "x\n") { std::ofstream{path} << text; }

std::vector<std::string> names(const std::vector<Rotated>& files) {
    std::vector<std::string> all;
    for (const Rotated& file : files) all.push_back(std::filesystem::path{file.path}.filename());
    return all;
}

std::string read_all(const LogPath& path) {
    StoredLines lines{rotated_segments(path), {}};
    std::string all;
    for (auto line = lines.next(); !line.empty(); line = lines.next()) all += line;
    return all;
}

TEST(Rotation, KnowsItsNamesAndNoOthers) {
    const auto file = parse_rotated("3.log.20261123T211500Z.12.zst", 3);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->stamp, "20261123T211500Z");
    EXPECT_EQ(file->number, 12u);
    EXPECT_TRUE(file->compressed);
    for (const char* name : {"3.log", "3.log.", "3.log.20261123T211500Z", "3.log.20261123T211500Z.",
                             "3.log.20261123T211500Z.1.tmp", "3.log.20261123X211500Z.1",
                             "13.log.20261123T211500Z.1", "3.log.1"})
        EXPECT_FALSE(parse_rotated(name, 3)) << name;
}

TEST(Rotation, NumbersFilesOfOneSecondAndOfAClockSetBack) {
    const TemporaryDirectory directory;
    const auto next = [&](std::int64_t now) {
        const std::string path = next_rotated_path(directory.path(), 0, now);
        touch(path);
        return std::filesystem::path{path}.filename().string();
    };
    EXPECT_EQ(next(noon), "0.log.20261123T211500Z.1");
    EXPECT_EQ(next(noon + 1), "0.log.20261123T211500Z.2");
    EXPECT_EQ(next(noon - 3'600'000'000'000), "0.log.20261123T211500Z.3");
    EXPECT_EQ(next(noon + 1'000'000'000), "0.log.20261123T211501Z.1");
    EXPECT_EQ(list_rotated(directory.path(), 0).size(), 4u);
    EXPECT_TRUE(list_rotated(directory.path(), 1).empty());
}

TEST(Rotation, SortsTenAfterNine) {
    const TemporaryDirectory directory;
    for (const int number : {10, 9, 1})
        touch(directory.path() + "/0.log.20261123T211500Z." + std::to_string(number));
    EXPECT_EQ(names(list_rotated(directory.path(), 0)).back(), "0.log.20261123T211500Z.10");
}

TEST(Rotation, RemovesTheOldestAndCountsAFileInBothFormsOnce) {
    const TemporaryDirectory directory;
    const std::string base = directory.path() + "/0.log.20261123T21150";
    for (const char* name : {"0Z.1", "1Z.1.zst", "1Z.1", "2Z.1", "3Z.1.zst"}) touch(base + name);
    touch(directory.path() + "/0.log");
    EXPECT_EQ(names(keep_newest(directory.path(), 0, 3)),
              (std::vector<std::string>{"0.log.20261123T211501Z.1.zst", "0.log.20261123T211502Z.1",
                                        "0.log.20261123T211503Z.1.zst"}));
    EXPECT_FALSE(std::filesystem::exists(base + "0Z.1"));
    EXPECT_FALSE(std::filesystem::exists(base + "1Z.1"));
    keep_newest(directory.path(), 0, 0);
    EXPECT_TRUE(list_rotated(directory.path(), 0).empty());
    EXPECT_TRUE(std::filesystem::exists(directory.path() + "/0.log"));
}

TEST(Rotation, RemovesWhatAKilledCompressorLeftOfAFile) {
    const TemporaryDirectory directory;
    const std::string base = directory.path() + "/0.log.20261123T21150";
    for (const char* name : {"0Z.1", "0Z.1.tmp", "1Z.1", "1Z.1.tmp"}) touch(base + name);
    keep_newest(directory.path(), 0, 1);
    EXPECT_FALSE(std::filesystem::exists(base + "0Z.1.tmp"));
    // This one is still to be compressed, maybe now.
    EXPECT_TRUE(std::filesystem::exists(base + "1Z.1.tmp"));
    keep_newest(directory.path(), 0, 0);
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Compressor, KeepsTheLinesAndRemovesTheOriginal) {
    const TemporaryDirectory directory;
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + '\n';
    const std::string path = directory.path() + "/0.log.20261123T211500Z.1";
    touch(path, text);
    Compressor compressor;
    compressor.tidy(directory.path(), 0, 5);
    compressor.finish();
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_LT(std::filesystem::file_size(path + ".zst"), text.size() / 3);
    EXPECT_EQ(read_all({directory.path(), 0}), text);
}

TEST(Compressor, BoundsWhatIsKeptThoughItIsSlowerThanTheRotation) {
    const TemporaryDirectory directory;
    Compressor compressor;
    for (int i = 0; i < 30; ++i) {
        touch(next_rotated_path(directory.path(), 0, noon + i * 1'000'000'000ll));
        compressor.tidy(directory.path(), 0, 4);
    }
    compressor.finish();
    const auto left = list_rotated(directory.path(), 0);
    ASSERT_EQ(left.size(), 4u);
    EXPECT_EQ(left.back().stamp, "20261123T211529Z");
    for (const Rotated& file : left) EXPECT_TRUE(file.compressed);
}

// Many, so that reading the directory takes several system calls: the kernel lets nothing
// be renamed during one of them.
TEST(Compressor, HidesNoFileWhileItIsReplaced) {
    const TemporaryDirectory directory;
    constexpr std::size_t files = 2'000;
    const std::string base = directory.path() + "/0.log.20261123T211500Z.";
    for (std::size_t i = 1; i <= files; ++i) touch(base + std::to_string(i));
    std::atomic<bool> done = false;
    std::jthread compressing{[&] {
        for (std::size_t i = files; i > files - 400; --i)
            (void)compress_file(base + std::to_string(i));
        done = true;
    }};
    while (!done) {
        ASSERT_EQ(list_rotated(directory.path(), 0).size(), files);
        // A number taken twice would be a file replaced by a later one.
        ASSERT_EQ(next_rotated_path(directory.path(), 0, noon), base + std::to_string(files + 1));
    }
}

TEST(Compressor, TellsWhatItCannotCompress) {
    const TemporaryDirectory directory;
    const auto compressed = compress_file(directory.path() + "/none");
    ASSERT_FALSE(compressed);
    EXPECT_EQ(compressed.error().message(),
              "cannot open " + directory.path() + "/none: No such file or directory");
}

// A disk with room for so many bytes.
class SmallDisk : public Disk {
public:
    explicit SmallDisk(std::size_t room) : room_{room} {}
    ssize_t write(int file, std::string_view bytes) override {
        if (room_ == 0) {
            errno = ENOSPC;
            return -1;
        }
        const ssize_t written = Disk::write(file, bytes.substr(0, room_));
        room_ -= static_cast<std::size_t>(written);
        return written;
    }

private:
    std::size_t room_;
};

TEST(LogFile, TakesBackABatchThatDoesNotFit) {
    const TemporaryDirectory directory;
    const LogPath path{directory.path() + "/web", 0};
    LogFile file;
    ASSERT_TRUE(file.open(path));
    SmallDisk disk{10};
    ASSERT_TRUE(file.append("12345\n", disk));
    const auto appended = file.append("does not fit\n", disk);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code.value(), ENOSPC);
    EXPECT_EQ(read_text_file(path.current()), "12345\n");
    EXPECT_EQ(file.size(), 6u);
}

TEST(LogFile, CompletesATornLastLine) {
    const TemporaryDirectory directory;
    const LogPath path{directory.path(), 2};
    touch(path.current(), "whole\ntorn");
    LogFile file;
    ASSERT_TRUE(file.open(path));
    Disk disk;
    ASSERT_TRUE(file.append("next\n", disk));
    EXPECT_EQ(read_text_file(path.current()), "whole\ntorn\nnext\n");
}

TEST(LogFile, IsMadeWithTheRightModes) {
    const TemporaryDirectory directory;
    const LogPath path{directory.path() + "/web", 0};
    LogFile file;
    ASSERT_TRUE(file.open(path));
    const auto mode = [](const std::string& name) {
        return static_cast<unsigned>(std::filesystem::status(name).permissions()) & 07137u;
    };
    EXPECT_EQ(mode(path.current()) & 0137u, 0u);
    EXPECT_EQ(mode(path.directory) & 07u, 0u);
}

TEST(LogFile, RefusesNamesThatLeadElsewhere) {
    for (const char* name : {"", ".", "..", ".hidden", "a/b", "a b", "a\nb"})
        EXPECT_FALSE(valid_unit_name(name)) << name;
    EXPECT_FALSE(valid_unit_name(std::string_view{"a\0b", 3}));
    EXPECT_FALSE(valid_unit_name(std::string(65, 'a')));
    for (const char* name : {"web", "getty@tty1.x:0-_", "A9"})
        EXPECT_TRUE(valid_unit_name(name)) << name;
}

}  // namespace
}  // namespace superd::logger
