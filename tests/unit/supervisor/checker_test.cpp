#include "supervisor/checker.hpp"

#include "ready_fixture.hpp"
#include "supervisor/moment.hpp"

#include <vector>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;

class Checks : public testing::Test {
protected:
    void add(std::uint16_t port, core::Duration every) {
        unit_.spec.checks.push_back({.name = "c", .every = every});
        unit_.checks.push_back({.kind = config::ReadyKind::tcp, .port = port, .host = "127.0.0.1"});
    }
    void begin(core::Instant ready_at) {
        checker_ = Checker::make(io_.get_executor(), unit_, 0, ready_at, {},
                                 [this](std::uint32_t check, std::string problem) {
                                     told_.push_back({check, std::move(problem)});
                                     if (told_.size() == destroy_at_) checker_.reset();
                                 });
    }
    void run_until_told(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (told_.size() < count && io_.run_one_until(deadline) != 0) {}
        ASSERT_GE(told_.size(), count);
    }

    struct Told {
        std::uint32_t check;
        std::string problem;
    };
    boost::asio::io_context io_;
    config::Unit unit_;
    std::vector<Told> told_;
    std::size_t destroy_at_ = 0;
    std::unique_ptr<Checker> checker_;
};

TEST_F(Checks, EachIsAskedAgainAndAgainWhateverItSays) {
    Port good, bad;
    good.listen();
    add(good.number(), 1ms);
    add(bad.number(), 1ms);
    begin(now());
    std::size_t passed = 0, refused = 0;
    while (passed < 3 || refused < 3) {
        const std::size_t before = told_.size();
        run_until_told(before + 1);
        ASSERT_GT(told_.size(), before);
        const Told& last = told_.back();
        EXPECT_EQ(last.problem, last.check == 0 ? "" : "refused");
        ++(last.check == 0 ? passed : refused);
    }
}

TEST_F(Checks, TheFirstTryWaitsForStartAfter) {
    Port good;
    good.listen();
    add(good.number(), 1ms);
    unit_.spec.checks[0].start_after = 30ms;
    const core::Instant ready_at = now();
    begin(ready_at);
    run_until_told(1);
    EXPECT_GE(now(), ready_at + 30ms);
}

TEST_F(Checks, UntilItHasPassedItIsAskedEverySecondAtLeast) {
    Port late;
    add(late.number(), 1h);
    const core::Instant begun = now();
    begin(begun);
    run_until_told(1);
    EXPECT_EQ(told_[0].problem, "refused");
    late.listen();
    run_until_told(2);
    EXPECT_EQ(told_[1].problem, "");
    EXPECT_GE(now(), begun + 1s);
}

TEST_F(Checks, WhoIsToldMayEndThem) {
    Port good;
    good.listen();
    add(good.number(), 1ms);
    destroy_at_ = 2;
    begin(now());
    run_until_told(2);
    io_.restart();
    io_.run_for(60s);
    EXPECT_TRUE(io_.stopped()) << "something still waits";
    EXPECT_EQ(told_.size(), 2u);
}

TEST_F(Checks, OneThatTakesTooLongHasFailed) {
    Port silent;
    silent.listen();
    unit_.spec.checks.push_back({.name = "c", .every = 1ms, .timeout = 20ms});
    unit_.checks.push_back({.kind = config::ReadyKind::http,
                            .port = silent.number(),
                            .host = "127.0.0.1",
                            .path = "/"});
    begin(now());
    run_until_told(1);
    EXPECT_EQ(told_[0].problem, "does not answer");
}

TEST_F(Checks, AProgramThatDoesNotEndIsEndedAndHasFailed) {
    unit_.spec.checks.push_back({.name = "c", .every = 1ms, .timeout = 20ms});
    unit_.checks.push_back({.kind = config::ReadyKind::exec, .argv = {"/bin/sleep", "100000"}});
    destroy_at_ = 1;
    begin(now());
    run_until_told(1);
    EXPECT_EQ(told_[0].problem, "does not end");
    io_.restart();
    io_.run_for(60s);
    EXPECT_TRUE(io_.stopped()) << "its process lives";
}

}  // namespace
}  // namespace superd::supervisor
