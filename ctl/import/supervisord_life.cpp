// When a program of supervisord is started again, how it ends, and where its output goes.
#include "ctl/import/supervisord_program.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <chrono>

namespace superctl::importing {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t usual_start_seconds = 1;

}  // namespace

void SupervisordProgram::restart() {
    const auto* const again = find("autorestart");
    const auto* const codes = find("exitcodes");
    const auto word = again == nullptr ? "unexpected" : lowered(again->value);
    const auto truth = parse_truth(word);
    std::string policy = "on-failure";
    if (truth) {
        policy = *truth ? "always" : "never";
    } else if (word != "unexpected") {
        note(*again, Weight::lost, "expected true, false or unexpected", "restart");
    }
    // Nothing is expected: whatever it exits with, it is started again.
    if (codes != nullptr && codes->value.empty() && policy == "on-failure") policy = "always";
    draft_.set("restart.policy", toml_string(policy));
    if (codes != nullptr) {
        for (const auto part : parts_of(codes->value, ',')) {
            const auto code = parse_number(part);
            if (code && *code >= 0 && *code <= 255) {
                draft_.append("restart.success-codes", std::to_string(*code));
            } else if (!part.empty()) {
                note(*codes, Weight::lost, std::string{part} + " is no exit code", "restart");
            }
        }
    }
    start_seconds();
    start_retries();
}

void SupervisordProgram::start_seconds() {
    const auto* const found = find("startsecs");
    const auto seconds =
        found == nullptr ? usual_start_seconds : parse_number(found->value).value_or(-1);
    constexpr std::int64_t most = 86'000;
    if (seconds == 0) return;
    if (seconds < 0 || seconds > most) {
        return note(*found, Weight::lost, "expected a number of seconds", "ready");
    }
    draft_.set("ready.delay", toml_duration(std::chrono::seconds{seconds}));
    if (draft_.is("restart.policy", toml_string("never"))) {
        note(*find("autorestart"), Weight::remark,
             "supervisord starts again what ends within startsecs all the same; superd does not",
             "restart");
    }
    if (seconds >= 20) {
        draft_.set("ready.timeout", toml_duration(std::chrono::seconds{seconds + 20}));
    }
}

// supervisord gives up who ended within startsecs so often, whatever autorestart says.
void SupervisordProgram::start_retries() {
    const auto* const found = find("startretries");
    if (found == nullptr) return;
    constexpr std::int64_t most = 64;
    const auto number = parse_number(found->value);
    if (!number || *number < 0) {
        return note(*found, Weight::lost, "expected a number", "restart");
    }
    if (*number == 0) {
        return note(*found, Weight::lost,
                    "superd goes on trying, ever more slowly; policy = \"never\" does not, but "
                    "neither does it start again what has run for long",
                    "restart");
    }
    note(*found, Weight::lost,
         "superd goes on trying, ever more slowly; restart.limit = \"" +
             std::to_string(std::min(*number, most)) +
             " in 1min\" with on-limit = \"fail\" gives up",
         "restart");
}

void SupervisordProgram::stop() {
    find("killasgroup");  // As it is here: superd leaves no process of a unit behind.
    const auto* const group = find("stopasgroup");
    if (group == nullptr || !parse_truth(group->value).value_or(false)) {
        draft_.note({file_.path, group == nullptr ? section_.line : group->line}, Weight::remark,
                    "the signal is sent to all of its processes, as with stopasgroup=true", "stop");
    }
    const auto* const signal = find("stopsignal");
    const auto* const wait = find("stopwaitsecs");
    std::string name = "SIGTERM";
    std::chrono::nanoseconds time = 10s;
    if (signal != nullptr) {
        if (const auto known = signal_name(signal->value)) {
            name = *known;
        } else {
            note(*signal, Weight::lost, "superd knows no such signal", "stop");
        }
    }
    if (wait != nullptr) {
        const auto seconds = parse_number(wait->value);
        if (!seconds) note(*wait, Weight::lost, "expected a number of seconds", "stop");
        const auto bounded = std::clamp<std::int64_t>(seconds.value_or(10), 0, 86'400);
        // superd waits for at least 10 ms before the next signal.
        time = std::max<std::chrono::nanoseconds>(std::chrono::seconds{bounded}, 10ms);
    }
    draft_.set("stop.signals", "[[" + toml_string(name) + ", " + toml_duration(time) + "], [" +
                                   toml_string("SIGKILL") + ", " + toml_string("5s") + "]]");
}

void SupervisordProgram::logs() {
    find("redirect_stderr");  // Both streams are in the unit's log anyway.
    for (const auto* const key : {"stdout_logfile", "stderr_logfile"}) {
        const auto* const found = find(key);
        if (found == nullptr) continue;
        const auto to = lowered(found->value);
        const bool kept = to == "auto" || to.starts_with("/dev/std") || to.starts_with("/dev/fd/");
        note(*found, kept ? Weight::remark : Weight::lost,
             "superd keeps what it writes: superctl logs " + draft_.name(), "log");
    }
    for (const auto* const key : {"stdout_logfile_maxbytes", "stderr_logfile_maxbytes"}) {
        if (const auto* const found = find(key)) log_size(*found);
    }
    for (const auto* const key : {"stdout_logfile_backups", "stderr_logfile_backups"}) {
        const auto* const found = find(key);
        const auto number = found == nullptr ? std::nullopt : parse_number(found->value);
        if (number && *number >= 0) {
            draft_.set("log.keep", std::to_string(std::min<std::int64_t>(*number, 1000)));
        }
    }
}

// "50MB"; 0 means without end.
void SupervisordProgram::log_size(const Entry& entry) {
    auto text = lowered(entry.value);
    if (text.ends_with('b')) text.pop_back();
    std::string unit;
    if (!text.empty() && std::string_view{"kmg"}.contains(text.back())) {
        unit = static_cast<char>(text.back() - 'a' + 'A');
        text.pop_back();
    }
    const auto number = parse_number(trimmed(text));
    if (number == 0) {
        return note(entry, Weight::remark, "superd bounds every log; max-size says where", "log");
    }
    constexpr std::int64_t most = 1'000'000'000'000;
    const bool fits = number && *number > 0 && *number < most && (!unit.empty() || *number >= 4096);
    if (!fits || (unit == "K" && *number < 4)) {
        return note(entry, Weight::lost, "expected at least 4KB", "log");
    }
    draft_.set("log.max-size",
               toml_string(std::to_string(*number) + (unit.empty() ? "B" : unit + "iB")));
}

}  // namespace superctl::importing
