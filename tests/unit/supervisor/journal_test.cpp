#include "supervisor/journal.hpp"

#include "os/file.hpp"
#include "tests/unit/supervisor/full_disk.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class JournalTest : public testing::Test {
protected:
    JournalTest() {
        char name[] = "/tmp/sdjour.XXXXXX";
        directory_ = ::mkdtemp(name);
    }
    ~JournalTest() override { std::filesystem::remove_all(directory_); }

    Journal open(std::uint64_t bytes_max = Journal::file_bytes_max) {
        auto journal = Journal::open(directory_, bytes_max);
        EXPECT_TRUE(journal) << journal.error().message();
        return std::move(*journal);
    }
    std::vector<std::string> flush(Journal& journal) {
        std::vector<std::string> seen;
        EXPECT_TRUE(journal.flush([&](const std::string& line) { seen.push_back(line); }));
        return seen;
    }
    static wire::Event exit_of(core::RunId run, int code) {
        wire::Event event{.kind = wire::EventKind::exit, .unit = "web", .run = run, .pid = 1};
        event.code = code;
        return event;
    }
    std::string newer() const { return directory_ + "/events.jsonl"; }
    std::string older() const { return directory_ + "/events.1.jsonl"; }
    static bool all(const wire::Event&) { return true; }

    std::string directory_;
    History history_;
};

TEST_F(JournalTest, RemembersWhichExitsAreRecorded) {
    {
        Journal journal = open();
        journal.append(exit_of(7, 3));
        wire::Event killed{.kind = wire::EventKind::exit, .unit = "db", .run = 8};
        killed.signal = "SIGSEGV";
        killed.core = true;
        journal.append(killed);
        journal.append(
            {.kind = wire::EventKind::lines, .unit = "web", .run = 7, .lines = {"out: bye"}});
        flush(journal);
    }
    History history;
    const auto past = open().past(history);
    ASSERT_THAT(past.exits, SizeIs(2));
    EXPECT_EQ(past.exits.at(7).status, (core::ExitStatus{.code = 3}));
    EXPECT_EQ(past.exits.at(8).status, (core::ExitStatus{.signal = 11, .core = true}));
    EXPECT_THAT(history.lines("web", 0, 7), ElementsAre("out: bye"));
    EXPECT_EQ(past.damaged, 0u);
}

TEST_F(JournalTest, WhatFoundNoRoomIsWrittenOnceThereIsSome) {
    Journal journal = open();
    journal.append(exit_of(1, 0));
    flush(journal);
    const auto ignore = [](const std::string&) {};
    {
        const FullDisk full{std::filesystem::file_size(newer()) + 20};
        journal.append(exit_of(2, 0));
        EXPECT_FALSE(journal.flush(ignore));
        EXPECT_FALSE(journal.empty());
        journal.append(exit_of(3, 0));
        EXPECT_FALSE(journal.flush(ignore));
    }
    journal.append(exit_of(4, 0));
    EXPECT_THAT(flush(journal), SizeIs(1)) << "the others were shown before";
    EXPECT_TRUE(journal.empty());
    const auto past = open().past(history_);
    EXPECT_THAT(past.exits, SizeIs(4));
    EXPECT_EQ(past.damaged, 0u);
}

TEST_F(JournalTest, IsOpenedOnAFullDiskWithALineThatWasCutShort) {
    {
        Journal journal = open();
        journal.append(exit_of(1, 0));
        flush(journal);
    }
    std::ofstream{newer(), std::ios::app} << R"({"time":"2026-11)";
    {
        const FullDisk full{std::filesystem::file_size(newer())};
        Journal journal = open();
        journal.append(exit_of(2, 0));
        EXPECT_FALSE(journal.flush([](const std::string&) {}));
    }
    Journal journal = open();
    journal.append(exit_of(3, 0));
    flush(journal);
    const auto past = open().past(history_);
    EXPECT_THAT(past.exits, SizeIs(2));
    EXPECT_EQ(past.damaged, 1u);
}

TEST_F(JournalTest, KeepsNoMoreThanItMayOfWhatFindsNoRoom) {
    Journal journal = open();
    wire::Event event = exit_of(1, 0);
    event.message.assign(Journal::waiting_bytes_max / 4, 'x');
    {
        const FullDisk full{10};
        for (int i = 0; i < 8; ++i) {
            journal.append(event);
            EXPECT_FALSE(journal.flush([](const std::string&) {}));
        }
    }
    flush(journal);
    EXPECT_LE(std::filesystem::file_size(newer()), Journal::waiting_bytes_max);
    EXPECT_GE(std::filesystem::file_size(newer()), Journal::waiting_bytes_max / 2);
}

TEST_F(JournalTest, NothingIsWrittenBeforeAFlush) {
    Journal journal = open();
    journal.append(exit_of(1, 0));
    EXPECT_TRUE(open().past(history_).exits.empty());
    EXPECT_THAT(flush(journal), ElementsAre(HasSubstr("\"run\":1")));
    EXPECT_THAT(open().past(history_).exits, SizeIs(1));
    EXPECT_THAT(flush(journal), SizeIs(0));
}

TEST_F(JournalTest, ATornLastLineIsIgnoredAndHarmsNoOther) {
    {
        Journal journal = open();
        journal.append(exit_of(1, 0));
        journal.append(exit_of(2, 0));
        flush(journal);
    }
    std::filesystem::resize_file(newer(), std::filesystem::file_size(newer()) - 10);
    Journal journal = open();
    EXPECT_THAT(journal.past(history_).exits, SizeIs(1));
    journal.append(exit_of(3, 0));
    flush(journal);
    const auto past = open().past(history_);
    EXPECT_TRUE(past.exits.contains(1));
    EXPECT_FALSE(past.exits.contains(2));
    EXPECT_TRUE(past.exits.contains(3));
    EXPECT_EQ(past.damaged, 1u);
}

TEST_F(JournalTest, NumbersGoOnOverRestarts) {
    {
        Journal journal = open();
        journal.append(exit_of(1, 0));
        flush(journal);
    }
    Journal journal = open();
    journal.append(exit_of(2, 0));
    EXPECT_THAT(flush(journal), ElementsAre(HasSubstr("\"seq\":2,")));
}

TEST_F(JournalTest, IsBoundedAndKeepsTheNewest) {
    constexpr std::uint64_t bytes_max = 4096;
    Journal journal = open(bytes_max);
    for (core::RunId run = 1; run <= 500; ++run) {
        journal.append(exit_of(run, 0));
        flush(journal);
    }
    EXPECT_LE(std::filesystem::file_size(newer()), bytes_max);
    EXPECT_LE(std::filesystem::file_size(older()), bytes_max);
    const auto past = open().past(history_);
    EXPECT_GT(past.exits.size(), 20u);
    EXPECT_TRUE(past.exits.contains(500));
    EXPECT_FALSE(past.exits.contains(1));
    for (core::RunId run = 501 - past.exits.size(); run <= 500; ++run) {
        EXPECT_TRUE(past.exits.contains(run)) << run;
    }
}

TEST_F(JournalTest, GivesWhatHappenedSinceAMoment) {
    Journal journal = open();
    auto early = exit_of(1, 0);
    early.time = "2026-01-01T00:00:00.000000Z";
    auto late = exit_of(2, 0);
    late.time = "2026-01-01T00:00:02.000000Z";
    auto other = late;
    other.unit = "db";
    journal.append(early);
    journal.append(late);
    journal.append(other);
    flush(journal);
    constexpr std::int64_t new_year = 1'767'225'600'000'000'000;
    EXPECT_THAT(journal.since(0, all), HasSubstr("\"run\":1"));
    const auto since = journal.since(new_year + 1, [](const auto& e) { return e.unit == "web"; });
    EXPECT_THAT(since, HasSubstr("\"run\":2"));
    EXPECT_THAT(since, testing::Not(HasSubstr("\"run\":1")));
    EXPECT_THAT(since, testing::Not(HasSubstr("\"db\"")));
}

TEST_F(JournalTest, AForeignFileIsNoObstacle) {
    std::ofstream{newer()} << "no json\n{\"time\":1}\n\n";
    Journal journal = open();
    EXPECT_EQ(journal.past(history_).damaged, 2u);
    journal.append(exit_of(9, 1));
    flush(journal);
    EXPECT_TRUE(journal.past(history_).exits.contains(9));
}

}  // namespace
}  // namespace superd::supervisor
