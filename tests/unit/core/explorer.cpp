#include "tests/unit/core/explorer.hpp"

#include <deque>

namespace superd::core {

namespace {

RunId run(const Stage& stage) { return stage.web()->run; }

// That it ended may be known before it is known to have begun.
bool has_process(const Stage& stage) { return alive(*stage.web()) && !stage.web()->leader_gone; }

bool being_spawned(const Stage& stage) {
    const Instance& web = *stage.web();
    return alive(web) && web.pid == 0 && !web.leader_gone;
}

bool awaited(const Stage& stage) { return stage.web()->reason == Reason::awaiting_ready; }

bool swept(const Stage& stage) {
    return stage.web()->state == State::stopping && stage.web()->leader_gone;
}

Effects exit(Stage& stage, std::int32_t code) {
    return stage.happen(Exited{stage.id(), run(stage), {.code = code}});
}

constexpr auto always = [](const Stage&) { return true; };

// The stage after all of `way`, from the beginning.
Stage replay(const UnitSpec& web, const std::vector<std::size_t>& way) {
    Stage stage{web};
    for (const std::size_t step : way) happenings()[step].happen(stage);
    return stage;
}

void note_arrows(const Effects& effects, const std::string& name, std::string from,
                 Explored::Results& arrows) {
    std::string cause = name;
    for (const Effect& effect : effects) {
        std::string to;
        if (const auto* change = std::get_if<Changed>(&effect)) {
            to = to_string(change->to);
        } else if (std::get_if<Forget>(&effect) != nullptr) {
            to = "gone";
        }
        if (to.empty() || to == from) continue;
        arrows[{from, to}].insert(cause);
        cause = "at once";
        from = to;
    }
}

}  // namespace

const std::vector<Happening>& happenings() {
    static const std::vector<Happening> all{
        {"start", always,
         [](Stage& s) { return s.happen(StartRequested{{s.id().unit, all_instances}}); }, true},
        {"stop", always,
         [](Stage& s) { return s.happen(StopRequested{{s.id().unit, all_instances}}); }, true},
        {"restart", always,
         [](Stage& s) { return s.happen(RestartRequested{{s.id().unit, all_instances}}); }, true},
        {"rolling restart", always,
         [](Stage& s) { return s.happen(RollRequested{{s.id().unit, all_instances}}); }, true},
        {"reset", always,
         [](Stage& s) { return s.happen(ResetRequested{{s.id().unit, all_instances}}); }, true},
        {"spawned", being_spawned, [](Stage& s) { return s.happen(Spawned{s.id(), run(s), 2}); }},
        {"cannot be spawned", being_spawned,
         [](Stage& s) { return s.happen(SpawnFailed{s.id(), run(s), "no such file"}); }},
        {"is ready", awaited, [](Stage& s) { return s.happen(BecameReady{s.id(), run(s)}); }},
        {"cannot be ready", awaited,
         [](Stage& s) { return s.happen(ReadyFailed{s.id(), run(s)}); }},
        {"check fails", [](const Stage& s) { return s.web()->state == State::ready; },
         [](Stage& s) { return s.happen(CheckFailed{s.id(), run(s), 0, "refused"}); }},
        {"ends with success", has_process, [](Stage& s) { return exit(s, 0); }},
        {"ends with failure", has_process, [](Stage& s) { return exit(s, 1); }},
        {"tree is left", swept, [](Stage& s) { return s.happen(TreeLeft{s.id(), run(s)}); }},
        {"tree is gone", swept, [](Stage& s) { return s.happen(TreeEmpty{s.id(), run(s)}); }},
        {"time is up", [](const Stage& s) { return s.web()->due != Instant{}; },
         [](Stage& s) {
             s.pass_to_deadline();
             return s.happen(TimerFired{s.id(), s.web()->timer});
         }},
        {"db is lost", [](const Stage& s) { return s.db_runs(); },
         [](Stage& s) { return s.lose_db(); }, true},
        {"db is back", [](const Stage& s) { return !s.db_runs() && !s.shutting_down(); },
         [](Stage& s) { return s.find_db(); }, true},
        {"removed", [](const Stage& s) { return !s.web()->removed; },
         [](Stage& s) { return s.remove_web(); }, true},
        {"superd stops", [](const Stage& s) { return !s.shutting_down(); },
         [](Stage& s) { return s.happen(ShutdownRequested{}); }, true},
    };
    return all;
}

Explored explore(const UnitSpec& web) {
    Explored found;
    std::set<std::string> known{Stage{web}.situation()};
    std::deque<std::vector<std::size_t>> ways{{}};
    while (!ways.empty()) {
        const auto way = std::move(ways.front());
        ways.pop_front();
        for (std::size_t next = 0; next < happenings().size(); ++next) {
            const Happening& it = happenings()[next];
            Stage stage = replay(web, way);
            if (stage.web() == nullptr) break;
            const std::string from = stage.state(), before = stage.situation();
            const bool possible = it.possible(stage);
            if (!possible && it.operators) continue;
            const Effects effects = it.happen(stage);
            if (!possible) {
                // What a correct shell never tells, or tells twice.
                EXPECT_TRUE(effects.empty()) << it.name << " in " << before;
                EXPECT_EQ(stage.situation(), before) << it.name;
                continue;
            }
            found.after[{from, it.name}].insert(stage.state());
            note_arrows(effects, it.name, from, found.arrows);
            if (!known.insert(stage.situation()).second) continue;
            auto longer = way;
            longer.push_back(next);
            ways.push_back(std::move(longer));
        }
    }
    found.situations = known.size();
    return found;
}

}  // namespace superd::core
