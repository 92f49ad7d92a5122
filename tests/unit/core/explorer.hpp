// Walks all that can happen to one unit, web, that needs another, db, from its
// definition on: every event in every situation that differs from those before.
#pragma once

#include "core/system.hpp"
#include "tests/unit/core/share.hpp"

#include <csignal>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace superd::core {

using namespace std::chrono_literals;

// What was met: a state, what happened in it, and the states that it may have led to; "gone" is
// no state but the end.
struct Explored {
    using Results = std::map<std::pair<std::string, std::string>, std::set<std::string>>;
    Results after;   // (state, event): the states the unit may be in afterwards.
    Results arrows;  // (state, next state): the events, and "at once" for what follows a change.
    std::size_t situations = 0;
};

// db and web, and a shell that carries out all that is asked for db at once, and
// nothing that is asked for web: what happens to web is the explorer's choice.
class Stage {
public:
    explicit Stage(UnitSpec web) : web_spec_{std::move(web)} {
        UnitSpec db;
        db.name = "db";
        db.stop = {{SIGKILL, 1s}};
        db.restart.policy = RestartPolicy::never;
        web_spec_.dependencies = {{"db", DependencyKind::needs, When::ready}};
        db_spec_ = std::move(db);
        carry_out(system_.apply(share({db_spec_, web_spec_}), now_));
        db_ = system_.find("db")->id;
        web_ = system_.find("web")->id;
        // apply() came before the ids were known.
        happen(Spawned{{db_, 0}, instance(db_)->run, 1});
    }

    const Instance* web() const { return instance(web_); }
    bool db_runs() const { return instance(db_)->state == State::ready; }
    bool shutting_down() const { return system_.shutting_down(); }
    InstanceId id() const { return {web_, 0}; }

    // What followed for web; db's is carried out.
    Effects happen(const Event& event) { return carry_out(system_.step(event, now_)); }
    void pass_to_deadline() { now_ = std::max(now_, web()->due); }
    Effects lose_db() { return happen(Exited{{db_, 0}, instance(db_)->run, {.code = 1}}); }
    Effects find_db() { return happen(StartRequested{{db_, all_instances}}); }
    Effects remove_web() { return carry_out(system_.apply(share({db_spec_}), now_)); }

    std::string state() const {
        return web() == nullptr ? "gone" : std::string{to_string(web()->state)};
    }
    // All that can make a difference to what comes next, as a text.
    std::string situation() const {
        if (web() == nullptr) return "gone";
        const Instance& i = *web();
        std::string text{to_string(i.state)};
        text += ' ' + std::string{to_string(i.reason)} + ' ' + std::string{to_string(i.goal)};
        for (const bool fact :
             {i.pid != 0, i.leader_gone, i.restart_requested, i.run_failed, i.limited, i.removed,
              i.due != Instant{}, !i.restarts_at.empty(), i.stop_step != 0, i.ready_at != Instant{},
              i.last_exit && i.last_exit->status.code == 0, shutting_down(), db_runs(),
              instance(db_)->state == State::failed, i.renewal != nullptr,
              i.renewal && i.renewal->begun}) {
            text += fact ? '1' : '0';
        }
        return text;
    }

private:
    bool is_about_db(const Effect& effect) const {
        return std::visit(
            [&](const auto& e) {
                if constexpr (requires { e.instance; }) return e.instance.unit == db_;
                return false;
            },
            effect);
    }
    const Instance* instance(UnitId unit) const { return system_.find({unit, 0}); }

    Effects carry_out(Effects effects) {
        Effects webs;
        for (std::size_t at = 0; at < effects.size(); ++at) {
            const Effect effect = effects[at];
            std::optional<Event> answer;
            if (const auto* e = std::get_if<Spawn>(&effect); e && e->instance.unit == db_) {
                answer = Spawned{e->instance, e->run, 1};
            } else if (const auto* s = std::get_if<Signal>(&effect); s && s->instance.unit == db_) {
                answer = Exited{s->instance, s->run, {.signal = s->number}};
            } else if (const auto* w = std::get_if<Sweep>(&effect); w && w->instance.unit == db_) {
                answer = TreeEmpty{w->instance, w->run};
            } else if (!is_about_db(effect)) {
                webs.push_back(effect);
            }
            if (!answer) continue;
            const Effects more = system_.step(*answer, now_);
            effects.insert(effects.end(), more.begin(), more.end());
        }
        return webs;
    }

    UnitSpec web_spec_, db_spec_;
    System system_{1};
    Instant now_{100s};
    UnitId db_ = 0, web_ = 0;
};

// Something that may happen: when it can, and what it is.
struct Happening {
    std::string name;
    bool (*possible)(const Stage&);
    Effects (*happen)(Stage&);
    bool operators = false;  // Asked for: possible at any moment.
};

const std::vector<Happening>& happenings();

// Tries all in each situation that can be reached from the definition of `web` on.
Explored explore(const UnitSpec& web);

}  // namespace superd::core
