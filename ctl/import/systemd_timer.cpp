// Timers of systemd, which start a service.
#include "ctl/import/systemd.hpp"
#include "ctl/import/systemd_calendar.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/time_span.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>

namespace superctl::importing {

namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

class Timer {
public:
    Timer(const SystemdUnit& unit, Draft& draft) : unit_{unit}, draft_{draft} {}

    void translate() {
        if (draft_.has_section("listen")) {
            draft_.note({unit_.file(), 0}, Weight::lost,
                        "a service with listeners is started by connections, and has no timer",
                        "timer");
            return;
        }
        calendar();
        interval();
        for (const auto* const key :
             {"Unit", "AccuracySec", "RemainAfterElapse", "FixedRandomDelay"}) {
            unit_.last("Timer", key);
        }
        const auto* const persistent = unit_.last("Timer", "Persistent");
        const auto* const delay = unit_.last("Timer", "RandomizedDelaySec");
        if (!draft_.has("timer.at") && !draft_.has("timer.every")) {
            draft_.note({unit_.file(), 0}, Weight::lost,
                        "nothing of this timer says when in superd's words", "timer");
            return;
        }
        if (persistent != nullptr && parse_truth(persistent->value).value_or(false) &&
            draft_.has("timer.at")) {
            draft_.set("timer.catch-up", "true");
        }
        if (delay != nullptr) jitter(*delay);
        run_to_the_end();
    }

private:
    void note(const Assignment& assignment, Weight weight, const std::string& text) {
        draft_.note(assignment.place, weight, quoted_assignment(assignment) + ": " + text, "timer");
    }

    void calendar() {
        bool utc = false;
        std::vector<std::string> moments;
        for (const auto* const each : unit_.all("Timer", "OnCalendar")) {
            const auto found = translate_calendar(each->value);
            if (found.moments.empty()) {
                note(*each, Weight::lost,
                     "superd knows hourly, daily, weekly and monthly moments, and every");
                continue;
            }
            if (!moments.empty() && utc != found.utc) {
                note(*each, Weight::lost, "all moments of a timer are of one time zone");
                continue;
            }
            utc = found.utc;
            moments.insert(moments.end(), found.moments.begin(), found.moments.end());
        }
        if (moments.empty()) return;
        for (const auto& each : moments) draft_.append("timer.at", toml_string(each));
        if (utc) draft_.set("timer.zone", toml_string("utc"));
    }

    // So long after superd, or the machine, has started, and then again and again.
    void interval() {
        const Assignment* again = nullptr;
        for (const auto* const key : {"OnUnitActiveSec", "OnUnitInactiveSec"}) {
            if (const auto* const found = unit_.last("Timer", key)) again = found;
        }
        const Assignment* first = nullptr;
        for (const auto* const key : {"OnActiveSec", "OnStartupSec", "OnBootSec"}) {
            if (const auto* const found = unit_.last("Timer", key)) first = found;
        }
        if (again == nullptr && first == nullptr) return;
        if (draft_.has("timer.at")) {
            return note(again != nullptr ? *again : *first, Weight::lost,
                        "a timer has moments or an interval, not both");
        }
        if (again == nullptr) {
            return note(
                *first, Weight::lost,
                "superd runs nothing once at a time; autostart = true runs it at its start");
        }
        const auto span = parse_time_span(again->value);
        constexpr nanoseconds most = 365 * 24h;
        if (!span || *span < 10ms || *span > most) {
            return note(*again, Weight::lost, "expected a time from 10ms to 365d");
        }
        draft_.set("timer.every", toml_duration(*span));
        if (first == nullptr) return;
        const auto start = parse_time_span(first->value);
        if (start && *start <= 1min) {
            draft_.set("timer.on-start", "true");
        } else {
            note(*first, Weight::remark, "it runs for the first time after one interval");
        }
    }

    void jitter(const Assignment& delay) {
        const auto span = parse_time_span(delay.value);
        const auto* const every = draft_.find("timer.every");
        if (!span || *span > 24h) return note(delay, Weight::lost, "expected a time up to a day");
        if (every != nullptr) {
            const auto interval =
                parse_time_span(std::string_view{every->value}.substr(1, every->value.size() - 2));
            if (!interval || *span >= *interval) {
                return note(delay, Weight::lost, "it is to be less than the interval");
            }
        }
        draft_.set("timer.jitter", toml_duration(*span));
    }

    // A timer runs what comes to an end; a service that systemd's timers start does, too.
    void run_to_the_end() {
        draft_.drop("autostart");
        if (draft_.is("type", toml_string("oneshot"))) return;
        draft_.set("type", toml_string("oneshot"));
        for (const auto* const path : {"ready.notify", "ready.timeout", "watchdog.every",
                                       "watchdog.signal", "hooks.post-start", "hooks.pre-stop",
                                       "hooks.post-start-timeout", "hooks.pre-stop-timeout"}) {
            if (!draft_.has(path)) continue;
            draft_.drop(path);
            draft_.note({unit_.file(), 0}, Weight::lost,
                        std::string{path} + ": what a timer runs has none", "timer");
        }
        if (draft_.is("restart.policy", toml_string("always"))) {
            draft_.set("restart.policy", toml_string("on-failure"));
        }
        draft_.note({unit_.file(), 0}, Weight::remark,
                    "what a timer starts is a oneshot, which runs to its end");
    }

    const SystemdUnit& unit_;
    Draft& draft_;
};

}  // namespace

void translate_systemd_timer(const SystemdUnit& timer, Draft& draft) {
    Timer{timer, draft}.translate();
}

}  // namespace superctl::importing
