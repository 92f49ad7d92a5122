// When a service is ready, how it is stopped, and when it is started again.
#include "ctl/import/systemd.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/time_span.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>

namespace superctl::importing {

namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr nanoseconds day = 24h;

// What systemd does where a file says nothing.
constexpr nanoseconds usual_timeout = 90s;
constexpr std::string_view usual_limit = "4 in 10s";  // Five starts.

class Restart {
public:
    Restart(const SystemdUnit& unit, Draft& draft) : unit_{unit}, draft_{draft} {}

    void translate() {
        oneshot_ = draft_.is("type", toml_string("oneshot"));
        policy();
        delay();
        limit();
        translate_systemd_exits(unit_, draft_);
        starting();
        stopping();
        watchdog();
    }

private:
    void note(const Assignment& assignment, Weight weight, const std::string& text,
              std::string_view section) {
        draft_.note(assignment.place, weight, quoted_assignment(assignment) + ": " + text, section);
    }

    // The last of these that is set; a day at most, for that is as long as superd waits.
    std::optional<nanoseconds> time(std::initializer_list<const char*> keys,
                                    std::string_view section) {
        const Assignment* found = nullptr;
        for (const auto* const key : keys) {
            if (const auto* const last = unit_.last("Service", key)) found = last;
        }
        if (found == nullptr) return {};
        const auto span = parse_time_span(found->value);
        if (!span) {
            note(*found, Weight::lost, "it is no time", section);
            return {};
        }
        if (*span > day) note(*found, Weight::remark, "superd waits a day at most", section);
        return std::min(*span, day);
    }

    // Here 0 is no time at all but for ever, which time() has as a day.
    std::optional<nanoseconds> timeout(std::initializer_list<const char*> keys,
                                       std::string_view section) {
        const auto span = time(keys, section);
        if (span == nanoseconds{0}) return day;
        constexpr nanoseconds least = 10ms;  // That superd lets a process have to stop.
        return span ? std::optional{std::max(*span, least)} : span;
    }

    void policy() {
        const auto* const restart = unit_.last("Service", "Restart");
        const std::string word = restart == nullptr ? "no" : restart->value;
        std::string policy = "never";
        if (word == "always" || word == "on-failure") {
            policy = word;
        } else if (word == "on-abnormal" || word == "on-abort" || word == "on-watchdog") {
            policy = "on-failure";
            note(*restart, Weight::lost, "superd's nearest is on-failure, which exit codes are too",
                 "restart");
        } else if (word != "no" && word != "on-success") {  // A list of exits: always-on.
            note(*restart, Weight::lost, "expected no, always or one of on-...", "restart");
        }
        if (oneshot_ && policy == "always") {
            policy = "on-failure";
            note(*restart, Weight::lost, "a oneshot that has succeeded is done", "restart");
        }
        draft_.set("restart.policy", toml_string(policy));
        restarts_ = policy != "never";
    }

    void delay() {
        const auto wait = time({"RestartSec"}, "restart");
        const auto most = time({"RestartMaxDelaySec"}, "restart");
        unit_.last("Service", "RestartSteps");
        if (!wait || !restarts_) return;
        const auto longest = std::max(*wait, most.value_or(*wait));
        draft_.set("restart.delay", toml_duration(*wait));
        no_wait_ = longest == nanoseconds{0};
        // systemd waits the same each time.
        if (!most) draft_.set("restart.factor", "1");
        if (most || longest > 30s) draft_.set("restart.max-delay", toml_duration(longest));
    }

    const Assignment* start_limit(std::string_view name, std::string_view old) {
        const auto* const old_one = unit_.last("Service", old);
        const auto* const in_service = unit_.last("Service", name);
        const auto* const found = unit_.last("Unit", name);
        const auto* const old_in_unit = unit_.last("Unit", old);
        for (const auto* each : {found, old_in_unit, in_service, old_one}) {
            if (each != nullptr) return each;
        }
        return nullptr;
    }

    void limit() {
        const auto* const burst = start_limit("StartLimitBurst", "StartLimitBurst");
        const auto* const interval = start_limit("StartLimitIntervalSec", "StartLimitInterval");
        if (!restarts_) return;
        if (burst == nullptr && interval == nullptr) {
            // Without a wait nothing but systemd's own limit ends a crash loop.
            if (no_wait_) {
                set_limit(toml_string(usual_limit));
                note(*unit_.last("Service", "RestartSec"), Weight::remark,
                     "limit is systemd's own, of five starts in 10s", "restart");
            }
            return;
        }
        std::int64_t count = 5;
        nanoseconds window = 10s;
        if (burst != nullptr) count = parse_number(burst->value).value_or(-1);
        if (interval != nullptr)
            window = parse_time_span(interval->value).value_or(nanoseconds{-1});
        if ((window >= 0s && window < 1us) || count == 0) return;  // No limit.
        const auto& where = burst != nullptr ? *burst : *interval;
        if (count < 0 || window < 0s) {
            return note(where, Weight::lost, "it is no number, or no time", "restart");
        }
        constexpr std::int64_t restarts_max = 64;
        if (count > restarts_max) {
            note(where, Weight::lost, "superd counts up to 64 restarts", "restart");
        }
        // systemd counts starts, superd restarts.
        const auto restarts = std::clamp<std::int64_t>(count - 1, 1, restarts_max);
        const auto span = toml_duration(std::min(window, day));
        set_limit(toml_string(std::to_string(restarts) + " in " + span.substr(1, span.size() - 2)));
    }

    void set_limit(std::string limit) {
        draft_.set("restart.limit", std::move(limit));
        draft_.set("restart.on-limit", toml_string("fail"));
    }

    void starting() {
        const auto limit = timeout({"TimeoutSec", "TimeoutStartSec"}, "ready");
        const auto most = toml_duration(limit.value_or(oneshot_ ? day : usual_timeout));
        if (draft_.has("ready.notify")) draft_.set("ready.timeout", most);
        if (draft_.has("hooks.pre-start")) draft_.set("hooks.pre-start-timeout", most);
        if (draft_.has("hooks.post-start")) draft_.set("hooks.post-start-timeout", most);
        const auto* const said = unit_.last("Service", "TimeoutStartSec");
        if (oneshot_ && said != nullptr && limit && *limit < day) {
            note(*said, Weight::lost, "superd lets a oneshot run as long as it takes", "");
        }
    }

    void stopping() {
        const auto* const kill = unit_.last("Service", "KillSignal");
        const auto* const mode = unit_.last("Service", "KillMode");
        auto patience = timeout({"TimeoutSec", "TimeoutStopSec"}, "stop").value_or(usual_timeout);
        std::string signal = toml_string("SIGTERM");
        if (const auto* const sent = draft_.find("stop.signals")) signal = sent->value;
        if (kill != nullptr) {
            if (const auto name = signal_name(kill->value)) {
                signal = toml_string(*name);
            } else {
                note(*kill, Weight::lost, "superd knows no such signal", "stop");
            }
        }
        if (mode != nullptr && mode->value != "control-group") {
            note(*mode, Weight::lost,
                 mode->value == "mixed"
                     ? "the signal is sent to all of its processes, not to the main one alone"
                     : "superd leaves no process of a unit behind",
                 "stop");
        }
        draft_.set("stop.signals", "[[" + signal + ", " + toml_duration(patience) + "], [" +
                                       toml_string("SIGKILL") + ", " + toml_string("5s") + "]]");
        if (draft_.has("hooks.pre-stop"))
            draft_.set("hooks.pre-stop-timeout", toml_duration(patience));
        if (draft_.has("hooks.post-stop"))
            draft_.set("hooks.post-stop-timeout", toml_duration(patience));
    }

    void watchdog() {
        const auto* const every = unit_.last("Service", "WatchdogSec");
        const auto* const signal = unit_.last("Service", "WatchdogSignal");
        if (every == nullptr) return;
        const auto span = parse_time_span(every->value);
        if (span && *span == nanoseconds{0}) return;  // Off.
        if (!span || *span > day || oneshot_) {
            return note(*every, Weight::lost,
                        oneshot_ ? "a oneshot has no watchdog" : "it is no time superd waits for",
                        "watchdog");
        }
        draft_.set("watchdog.every", toml_duration(std::max<nanoseconds>(*span, 10ms)));
        if (signal == nullptr) return;
        if (const auto name = signal_name(signal->value)) {
            draft_.set("watchdog.signal", toml_string(*name));
        } else {
            note(*signal, Weight::lost, "superd knows no such signal", "watchdog");
        }
    }

    const SystemdUnit& unit_;
    Draft& draft_;
    bool oneshot_ = false, restarts_ = false, no_wait_ = false;
};

}  // namespace

void translate_systemd_restart(const SystemdUnit& unit, Draft& draft) {
    Restart{unit, draft}.translate();
}

}  // namespace superctl::importing
