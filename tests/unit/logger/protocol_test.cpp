#include "logger/protocol.hpp"

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

Open sample_open() {
    Open open;
    open.run = 0xfedcba9876543210u;
    open.pid = 4711;
    open.index = 3;
    open.unit = "web@a.b:c-d";
    open.policy.format = Format::json;
    open.policy.when_full = WhenFull::block;
    open.policy.compress = false;
    open.policy.foreground = false;
    open.policy.size_max = 1;
    open.policy.age_max = std::chrono::seconds{86'400};
    open.policy.keep = 0;
    open.policy.tail = 300;
    open.ready_pattern = "listening on \\d+";
    open.label = "pre-start";
    return open;
}

TEST(Protocol, KeepsEveryFieldOfAnOpen) {
    const Open sent = sample_open();
    const auto read = decode_request(encode(Request{sent}));
    ASSERT_TRUE(read) << read.error().message();
    const auto& open = std::get<Open>(*read);
    EXPECT_EQ(open.run, sent.run);
    EXPECT_EQ(open.pid, sent.pid);
    EXPECT_EQ(open.index, sent.index);
    EXPECT_EQ(open.unit, sent.unit);
    EXPECT_EQ(open.policy, sent.policy);
    EXPECT_EQ(open.ready_pattern, sent.ready_pattern);
    EXPECT_EQ(open.label, "pre-start");
}

TEST(Protocol, KeepsEveryFieldOfAServe) {
    Serve sent;
    sent.sources = {{"web", 0}, {"db", 7}};
    sent.lines = 1'000'000;
    sent.follow = true;
    sent.json = true;
    sent.stream = "err";
    sent.since_ns = -5;
    const auto read = decode_request(encode(Request{sent}));
    ASSERT_TRUE(read) << read.error().message();
    const auto& serve = std::get<Serve>(*read);
    ASSERT_EQ(serve.sources.size(), 2u);
    EXPECT_EQ(serve.sources[1].unit, "db");
    EXPECT_EQ(serve.sources[1].index, 7u);
    EXPECT_EQ(serve.lines, sent.lines);
    EXPECT_TRUE(serve.follow);
    EXPECT_TRUE(serve.json);
    EXPECT_EQ(serve.stream, "err");
    EXPECT_EQ(serve.since_ns, -5);
}

TEST(Protocol, KeepsTheReplies) {
    const auto tail = decode_reply(encode(Reply{Tail{9, {"out: a", std::string{"err: \0b", 7}}}}));
    ASSERT_TRUE(tail);
    EXPECT_EQ(std::get<Tail>(*tail).run, 9u);
    EXPECT_EQ(std::get<Tail>(*tail).lines[1], (std::string{"err: \0b", 7}));
    const auto dropped = decode_reply(encode(Reply{Dropped{"web", 2, 77, "No space"}}));
    ASSERT_TRUE(dropped);
    EXPECT_EQ(std::get<Dropped>(*dropped).lines, 77u);
    EXPECT_EQ(std::get<Dropped>(*dropped).cause, "No space");
    EXPECT_EQ(std::get<Closed>(*decode_reply(encode(Reply{Closed{5}}))).run, 5u);
    EXPECT_EQ(std::get<Matched>(*decode_reply(encode(Reply{Matched{6}}))).run, 6u);
    EXPECT_EQ(std::get<Trouble>(*decode_reply(encode(Reply{Trouble{"t"}}))).text, "t");
}

TEST(Protocol, TellsTheRequestsWithOneFieldApart) {
    EXPECT_EQ(std::get<Drain>(*decode_request(encode(Request{Drain{1}}))).run, 1u);
    EXPECT_EQ(std::get<Close>(*decode_request(encode(Request{Close{2}}))).run, 2u);
    EXPECT_TRUE(std::holds_alternative<Reopen>(*decode_request(encode(Request{Reopen{}}))));
}

TEST(Protocol, RefusesEveryPacketThatIsCutShort) {
    const auto packet = encode(Request{sample_open()});
    for (std::size_t size = 0; size < packet.size(); ++size)
        EXPECT_FALSE(decode_request(std::span{packet}.first(size))) << size;
}

TEST(Protocol, RefusesLeftOverBytesAndUnknownKindsAndVersions) {
    auto packet = encode(Request{Drain{1}});
    packet.push_back(std::byte{0});
    EXPECT_FALSE(decode_request(packet));
    packet = encode(Request{Drain{1}});
    packet[1] = std::byte{5};
    EXPECT_FALSE(decode_request(packet));
    packet = encode(Request{Drain{1}});
    packet[0] = std::byte{99};
    EXPECT_FALSE(decode_request(packet));
}

TEST(Protocol, RefusesValuesThatTheirTypesCannotHold) {
    Open open;
    const auto good = encode(Request{open});
    // version, kind, run, pid, index, unit's length, format
    auto bad = good;
    bad[6] = std::byte{2};
    EXPECT_TRUE(decode_request(good));
    EXPECT_FALSE(decode_request(bad));
    // A list longer than the packet must not be allocated first.
    const std::vector<std::byte> greedy{std::byte{1},    std::byte{3},    std::byte{0xff},
                                        std::byte{0xff}, std::byte{0xff}, std::byte{0x7f}};
    EXPECT_FALSE(decode_request(greedy));
}

TEST(Protocol, GivesNoPacketThatIsTooLong) {
    Serve serve;
    for (std::uint32_t i = 0; i < 2'000; ++i) serve.sources.push_back({std::string(60, 'x'), i});
    EXPECT_TRUE(encode(Request{serve}).empty());
    EXPECT_FALSE(decode_request(std::vector<std::byte>(packet_max + 1)));
}

TEST(Protocol, LeavesOutTheOldestLinesOfATailThatIsTooLong) {
    Tail tail{1, {}};
    for (int i = 0; i < 1'000; ++i) tail.lines.push_back(std::string(500, 'a') + std::to_string(i));
    const auto read = decode_reply(encode(Reply{tail}));
    ASSERT_TRUE(read);
    EXPECT_EQ(std::get<Tail>(*read).lines.back(), tail.lines.back());
    EXPECT_LT(std::get<Tail>(*read).lines.size(), 1'000u);
    EXPECT_GT(std::get<Tail>(*read).lines.size(), 50u);
}

}  // namespace
}  // namespace superd::logger
