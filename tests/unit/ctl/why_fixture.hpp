// Situations that the core comes to by itself, and how they are explained.
#pragma once

#include "ctl/why.hpp"
#include "supervisor/explain.hpp"
#include "tests/unit/core/world.hpp"
#include "tests/unit/places.hpp"
#include "wire/time.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superctl {

namespace core = superd::core;
namespace wire = superd::wire;
namespace supervisor = superd::supervisor;
using namespace std::chrono_literals;

// A readiness check that has met something.
class Watching : public supervisor::ReadyWatch {
public:
    explicit Watching(std::string text) : ReadyWatch{[](bool) {}}, text_{std::move(text)} {}
    std::string progress() const override { return text_; }

private:
    std::string text_;
};

class Why : public testing::Test {
protected:
    Why() { ::setenv("TZ", "UTC", 1); }

    // A moment of the core's clock; it began at 10:00.
    static std::int64_t realtime(core::Instant moment) {
        return *wire::parse_time("2026-11-23T10:00:00Z") + (moment - core::Instant{100s}).count();
    }
    void make(std::vector<core::UnitSpec> specs) { world.apply(std::move(specs)); }

    // The main process ends, having written something.
    void exit(const char* name, core::ExitStatus status, std::vector<std::string> lines = {}) {
        const core::Instance before = copy(world.at(name));
        record(name, before, status, std::move(lines));
        world.exit(name, status);
    }
    void record(const char* name, const core::Instance& before, core::ExitStatus status,
                std::vector<std::string> lines) {
        wire::Event event{.kind = wire::EventKind::exit, .unit = name, .run = before.run};
        event.time = wire::format_time(realtime(world.now));
        event.instance = 0;
        event.pid = before.pid;
        event.uptime = std::chrono::duration<double>(world.now - before.started).count();
        supervisor::set_exit_status(event, status);
        if (before.state == core::State::stopping) event.reason = core::to_string(before.reason);
        history.take(event);
        event.kind = wire::EventKind::lines;
        event.lines = std::move(lines);
        history.take(event);
    }
    void command(const char* unit, const char* action) {
        wire::Event event{.kind = wire::EventKind::command, .unit = unit, .action = action};
        event.time = wire::format_time(realtime(world.now));
        event.uid = 1000;
        event.user = "ann";
        history.take(event);
    }
    void meets(const char* unit, const char* probe) {
        table.row(world.id(unit)).extra().watch = std::make_unique<Watching>(probe);
    }

    wire::Explanation explain(std::string_view name, std::uint32_t index = 0) const {
        const supervisor::Explainer explainer{
            world.system, table, history, watch, {world.now, realtime(world.now)}};
        return explainer.explain(world.id(name, index));
    }
    // Through the wire, as superctl gets it.
    std::string text(wire::Explanation explanation) const {
        const auto body = wire::serialize(wire::Explanations{{std::move(explanation)}});
        return render_why(wire::parse_explanations(body).all.at(0), Style{false},
                          realtime(world.now));
    }
    void expect(const char* golden, std::string_view name) const {
        expect_text(golden, text(explain(name)));
    }
    static void expect_text(const char* golden, const std::string& told) {
        const auto path =
            superd::places::source(std::string{"/tests/unit/ctl/golden/why/"} + golden + ".txt");
        if (std::getenv("SUPERD_REGENERATE") != nullptr) std::ofstream{path} << told;
        const std::ifstream file{path};
        std::ostringstream wanted;
        wanted << file.rdbuf();
        EXPECT_EQ(told, wanted.str()) << golden;
    }

    core::World world;
    supervisor::Table table;
    supervisor::History history;
    boost::asio::io_context io;
    supervisor::WorkerWatch watch{io.get_executor(), [](const supervisor::WorkerWatch::Told&) {}};

private:
    static core::Instance copy(const core::Instance& of) {
        core::Instance made;
        made.state = of.state;
        made.reason = of.reason;
        made.run = of.run;
        made.pid = of.pid;
        made.started = of.started;
        return made;
    }
};

}  // namespace superctl
