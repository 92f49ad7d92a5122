// Operations without a supervisor: two units, and a memory of what was asked.
#pragma once

#include "supervisor/operations.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace superd::test {

class FakeOperations : public supervisor::Operations {
public:
    using Targets = std::vector<supervisor::Target>;

    // What a test sets before it asks.
    std::vector<std::string> names{"db", "web"};
    std::string state = "ready";
    bool act_at_once = false;
    core::Outcome outcome = core::Outcome::done;
    std::string refusal;      // Of signal and serve_logs.
    std::string past_events;  // events_since.
    wire::Plan next_plan;
    bool readers = true, changers = true;

    // What it was asked; the lock is the fixture's, as calls come from another thread.
    std::map<std::uint64_t, std::pair<Targets, Done>> waiting;
    std::map<std::uint64_t, ThreadsTold> surveys;
    std::map<std::uint64_t, supervisor::EventSink> sinks;
    std::vector<std::string> calls, commands;

    Selected select(const std::vector<std::string>& selectors) const override {
        Selected selected;
        for (const auto& name : names) {
            if (selectors.empty()) selected.targets.push_back({name, core::all_instances});
        }
        for (const auto& selector : selectors) {
            const auto slash = selector.find('/');
            const auto name = selector.substr(0, slash);
            if (std::ranges::find(names, name) == names.end()) {
                return {{}, "no unit is called \"" + selector + "\"; did you mean \"web\"?"};
            }
            const auto index =
                slash == selector.npos
                    ? core::all_instances
                    : static_cast<std::uint32_t>(std::stoul(selector.substr(slash + 1)));
            selected.targets.push_back({name, index});
        }
        return selected;
    }

    wire::Status status(const Targets& targets, Detail detail) const override {
        wire::Status status;
        status.version = "1.2.3";
        for (const auto& target : targets) {
            wire::InstanceStatus instance;
            instance.pid = 4711;
            instance.goal = "up";
            instance.state = state;
            instance.reason = "as set by the test";
            instance.since = "2026-11-23T21:49:35.000000Z";
            instance.run = 17;
            if (detail.usage) instance.memory = 1'500'000;
            status.units.push_back(
                {target.unit, "The " + target.unit, "up", state, instance.reason, {instance}});
        }
        return status;
    }

    wire::Summary summary(const Targets& targets) const override {
        wire::Summary summary;
        for (const auto& target : targets) {
            summary.rows.push_back({target.unit, state, "up", 1, 1, 4711, 2, 65'000, "running"});
        }
        return summary;
    }

    wire::Graph graph(const Targets& targets) const override {
        wire::Graph made;
        for (const auto& target : targets) {
            made.units.push_back({.name = target.unit, .type = "service", .state = state});
        }
        if (made.units.size() == 2) made.units[1].edges = {{made.units[0].name, "needs", "ready"}};
        return made;
    }
    wire::Explanations why(const Targets& targets) const override {
        wire::Explanations all;
        for (const auto& target : targets) {
            wire::Link link;
            link.unit = target.unit;
            link.state = state;
            link.since = "2026-11-23T21:49:35.000000Z";
            all.all.push_back({{link}});
        }
        return all;
    }
    wire::Health health(core::Probe probe, const Targets& targets) const override {
        wire::Health told;
        told.probe = core::to_string(probe);
        told.well = state == "ready";
        told.why = "asked of " + list(targets);
        if (!told.well) told.unwell.push_back({"web", {}, state, "as set by the test"});
        return told;
    }
    wire::Tasks tasks(const Targets& targets) const override {
        wire::Tasks all;
        for (const auto& target : targets) {
            auto& worker = all.workers.emplace_back();
            worker.unit = target.unit;
            worker.state = state;
        }
        return all;
    }
    std::uint64_t threads(const Targets& targets, std::chrono::milliseconds sample,
                          ThreadsTold told) override {
        calls.push_back("threads " + std::to_string(sample.count()) + " " + list(targets));
        const auto id = ++next_id_;
        surveys.emplace(id, std::move(told));
        return id;
    }
    void commanded(const Commanded& command) override {
        commands.push_back(command.action + " " + list(command.targets));
    }
    std::uint64_t act(supervisor::Action action, const Targets& targets, Done done) override {
        calls.push_back("act " + std::to_string(static_cast<int>(action)) + " " + list(targets));
        return begin(targets, std::move(done));
    }
    std::uint64_t roll(const supervisor::Rolling& rolling, const Targets& targets,
                       Done done) override {
        calls.push_back("roll " + std::to_string(rolling.batch) + " " + list(targets));
        return begin(targets, std::move(done));
    }
    std::string refuse_scaling(const std::vector<supervisor::Scaling>&) const override {
        return refusal;
    }
    std::uint64_t scale(const std::vector<supervisor::Scaling>& scalings, Done done) override {
        Targets targets;
        for (const auto& each : scalings) {
            calls.push_back("scale " + each.unit + " " +
                            std::to_string(static_cast<int>(each.how)) + " " +
                            std::to_string(each.number));
            targets.push_back({each.unit, core::all_instances});
        }
        return begin(targets, std::move(done));
    }
    std::vector<Part> parts() const override { return {{"keeper", 17, "1.2.3", "/superd", true}}; }
    std::string upgrade() override {
        calls.emplace_back("upgrade");
        return refusal;
    }
    Enabled enable(const Targets& targets, supervisor::Enabling how) override {
        calls.push_back("enable " + std::to_string(static_cast<int>(how)) + " " + list(targets));
        Enabled result{refusal, {}};
        for (const auto& target : targets) {
            result.units.emplace_back(target.unit, how == supervisor::Enabling::on);
        }
        return result;
    }
    std::uint64_t wait(Until until, const Targets& targets, Done done) override {
        constexpr std::array words{"ready ", "stopped ", "rolled "};
        calls.push_back(std::string{"wait "} + words.at(static_cast<std::size_t>(until)) +
                        list(targets));
        return begin(targets, std::move(done));
    }
    void abandon(std::uint64_t action) override {
        calls.push_back("abandon");
        waiting.erase(action);
        surveys.erase(action);
    }

    std::string signal(const Targets& targets, int number, bool tree) override {
        calls.push_back("signal " + std::to_string(number) + (tree ? " tree " : " ") +
                        list(targets));
        return refusal;
    }

    wire::Plan plan() override { return next_plan; }
    wire::Plan reload() override {
        calls.push_back("reload");
        return next_plan;
    }
    wire::Plan apply(const std::optional<supervisor::Rolling>& rolling) override {
        calls.push_back(rolling ? "apply rolling " + std::to_string(rolling->batch) : "apply");
        return next_plan;
    }

    std::string events_since(std::int64_t since_ns, const Targets& targets) const override {
        return since_ns < 0 || targets.empty() ? "" : past_events;
    }
    std::uint64_t subscribe(supervisor::EventSink sink) override {
        sinks[++next_id_] = std::move(sink);
        return next_id_;
    }
    void unsubscribe(std::uint64_t id) override { sinks.erase(id); }

    std::string serve_logs(const LogQuery& query, os::Fd client) override {
        calls.push_back("logs " + list(query.targets) + " " + std::to_string(query.lines) + " " +
                        query.stream);
        if (!refusal.empty()) return refusal;
        constexpr std::string_view answer =
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello from web\n";
        [[maybe_unused]] const auto sent =
            ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        return {};
    }

    bool may_read(uid_t, gid_t) const override { return readers; }
    bool may_change(uid_t) const override { return changers; }

    // Ends what is waited for.
    void finish_all() {
        for (auto& [id, entry] : std::exchange(waiting, {})) entry.second(outcomes(entry.first));
    }
    void publish(const std::string& line) {
        for (const auto& [id, sink] : sinks) sink(line);
    }

    static std::string list(const Targets& targets) {
        std::string text;
        for (const auto& target : targets) {
            if (!text.empty()) text += ",";
            text += target.unit;
            if (target.index != core::all_instances) text += "/" + std::to_string(target.index);
        }
        return text;
    }

private:
    std::uint64_t begin(const Targets& targets, Done done) {
        const auto id = ++next_id_;
        if (act_at_once) {
            done(outcomes(targets));
        } else {
            waiting.emplace(id, std::pair{targets, std::move(done)});
        }
        return id;
    }
    std::vector<supervisor::TargetOutcome> outcomes(const Targets& targets) const {
        std::vector<supervisor::TargetOutcome> all;
        for (const auto& target : targets)
            all.push_back({target, outcome, state, "as set by the test"});
        return all;
    }

    std::uint64_t next_id_ = 0;
};

}  // namespace superd::test
