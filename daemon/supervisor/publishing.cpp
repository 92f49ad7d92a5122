// What happened, told: to the journal, to those who listen, to the log.
#include "os/clock.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"
#include "wire/time.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::chrono::minutes same_complaint_pause{1};

std::string seconds(core::Duration duration) {
    char text[32];
    const double value = std::chrono::duration<double>(duration).count();
    if (value < 1) {
        std::snprintf(text, sizeof text, "%.0fms", std::max(value, 0.0) * 1000);
    } else {
        std::snprintf(text, sizeof text, "%.1fs", value);
    }
    return text;
}

}  // namespace

void Supervisor::note(Note note) {
    note.at_ns = os::realtime_now();
    notes_.push_back(std::move(note));
}

void Supervisor::flush_notes() {
    for (const Note& note : std::exchange(notes_, {})) {
        if (note.kind == wire::EventKind::exit) {
            say_how_it_ended(note);
            continue;
        }
        wire::Event event{.time = wire::format_time(note.at_ns), .kind = note.kind};
        event.unit = unit_name(note.id.unit);
        if (note.id.index != core::all_instances) event.instance = core::number_of(note.id);
        event.run = note.run;
        event.pid = note.pid;
        event.message = note.message;
        if (note.kind == wire::EventKind::state) {
            event.from = core::to_string(note.from);
            event.to = core::to_string(note.to);
            event.goal = core::to_string(note.goal);
            const core::Instance* const instance = system_.find(note.id);
            const bool present = instance != nullptr && instance->state == note.to &&
                                 instance->reason == note.reason;
            event.reason = present ? system_.describe(note.id, now())
                                   : std::string{core::to_string(note.reason)};
            if (present && note.to == core::State::waiting) event.on = blocker_of(note.id.unit);
        }
        if (note.kind == wire::EventKind::hook) {
            event.hook = core::to_string(note.hook);
            event.to = note.failing ? "failed" : "succeeded";
        }
        if (note.kind == wire::EventKind::check) event.to = note.failing ? "failing" : "passing";
        if (note.kind == wire::EventKind::rolling) event.to = note.phase;
        const bool became_ready = event.to == core::to_string(core::State::ready);
        wire::Event ready = event;
        append(std::move(event));
        if (!became_ready) continue;
        ready.kind = wire::EventKind::ready;
        ready.from.clear();
        ready.to.clear();
        ready.goal.clear();
        append(std::move(ready));
    }
}

void Supervisor::append(wire::Event event) {
    if (event.time.empty()) event.time = wire::format_time(os::realtime_now());
    history_.take(event);
    journal_->append(std::move(event));
}

std::string Supervisor::blocker_of(core::UnitId id) const {
    const core::Unit* const unit = system_.find(id);
    const auto edge = unit != nullptr ? system_.blocker(*unit) : std::nullopt;
    return edge ? unit_name(edge->unit) : "";
}

std::string Supervisor::history_file() const {
    return setting_.runtime_directory + "/history.jsonl";
}

void Supervisor::save_history() {
    if (auto saved = history_.save(history_file()); !saved) complain(saved.error());
}

void Supervisor::publish() {
    flush_notes();
    if (journal_->empty()) return;
    condition_.tell_later();
    const auto sinks = sinks_;  // One that is called may end another's subscription.
    const auto written = journal_->flush([&](const std::string& line) {
        for (const auto& [id, sink] : sinks) {
            if (sinks_.contains(id)) sink(line);
        }
    });
    if (!written) complain(written.error());
}

// "unit web: crashed (signal SEGV), restarting in 200ms run=3"
void Supervisor::say_how_it_ended(const Note& note) {
    // One that was asked to end did as it was told.
    if (note.from == core::State::stopping) return;
    const bool crash = note.status.signal != 0 || note.status.code != 0 || note.status.unknown;
    std::string text = "unit " + name_of(note.id) + ": " + (crash ? "crashed" : "ended") + " (" +
                       core::describe(note.status) + ")";
    const core::Instance* const instance = system_.find(note.id);
    const core::State state = instance != nullptr ? instance->state : core::State::inactive;
    switch (state) {
        case core::State::backoff:
            text += ", restarting in " + seconds(instance->due - now());
            break;
        case core::State::waiting:
        case core::State::starting:
        case core::State::ready: text += ", restarting now"; break;
        case core::State::failed: text += ", not restarted: " + view_.reason(note.id); break;
        case core::State::stopping:
        case core::State::inactive:
        case core::State::completed: break;
    }
    text += " run=" + std::to_string(note.run);
    if (crash) {
        log_.warn(text);
    } else {
        log_.info(text);
    }
}

void Supervisor::say(std::string text) {
    append({.kind = wire::EventKind::superd, .message = std::move(text)});
}

// A full disk fails each write: once a minute is enough to be told.
void Supervisor::complain(const Error& error) {
    const std::string text = error.message();
    if (text == complaint_ && now() - complained_ < same_complaint_pause) return;
    complaint_ = text;
    complained_ = now();
    log_.error(text);
}

void Supervisor::announce() {
    if (!going_ || announced_) return;
    announced_ = true;
    // The next supervisor finds this with the keeper and says nothing.
    link_.hold("announced", std::array{STDOUT_FILENO});
    const auto units = definitions_.configuration().units.size();
    // Where lines come as JSON on standard output, nothing else does.
    const bool json = definitions_.settings().log.foreground_format == config::LogFormat::json;
    std::FILE* const to = json ? stderr : stdout;
    std::fprintf(to, "superd %s is ready: %zu %s, control socket %s/control.sock\n", SUPERD_VERSION,
                 units, units == 1 ? "unit" : "units", setting_.runtime_directory.c_str());
    std::fflush(to);
}

}  // namespace superd::supervisor
