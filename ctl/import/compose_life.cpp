// When a service of compose is well, how it ends, and when it is started again.
#include "ctl/import/compose.hpp"
#include "ctl/import/compose_node.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/time_span.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>

namespace superctl::importing {

namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

// A time that superd takes, from 10 ms to `most`; `fallback` where none is given or it is none.
nanoseconds time_or(const YAML::Node& node, nanoseconds fallback, nanoseconds most) {
    const auto text = scalar(node);
    const auto span = text.empty() ? std::nullopt : parse_time_span(text);
    return std::clamp<nanoseconds>(span.value_or(fallback), 10ms, most);
}

}  // namespace

// deploy.restart_policy, which goes before restart. False: there is none.
bool ComposeService::deployed_restart() {
    const auto all = member(get("deploy"), "restart_policy");
    if (!all.IsDefined() || !all.IsMap()) return false;
    for (const auto& [name, value] : members(all)) {
        const auto key = scalar(name);
        const auto time = key == "delay" ? parse_time_span(scalar(value)) : std::nullopt;
        if (time) {
            draft_.set("restart.delay", toml_duration(std::clamp<nanoseconds>(*time, 0s, 24h)));
        } else if (key != "condition") {
            note(name, Weight::lost,
                 "deploy.restart_policy." + key +
                     ": superd goes on trying, ever more slowly; restart.limit bounds that",
                 "restart");
        }
    }
    const auto condition = scalar(member(all, "condition"));
    std::string policy = "always";
    if (condition == "none") {
        policy = "never";
    } else if (condition == "on-failure") {
        policy = condition;
    } else if (!condition.empty() && condition != "any") {
        note(all, Weight::lost, "deploy.restart_policy: there is no condition " + condition,
             "restart");
    }
    draft_.set("restart.policy", toml_string(policy));
    return true;
}

void ComposeService::restart() {
    if (deployed_restart()) return;
    const auto node = get("restart");
    const auto word = scalar(node);
    const auto colon = word.find(':');
    std::string policy = "never";
    if (word == "always" || word == "unless-stopped") {
        policy = "always";
    } else if (word.substr(0, colon) == "on-failure") {
        policy = "on-failure";
        if (colon != word.npos) {
            note(node, Weight::lost,
                 "restart: superd goes on trying, ever more slowly; restart.limit bounds that",
                 "restart");
        }
    } else if (!word.empty() && word != "no" && word != "false") {
        note(node, Weight::lost, "restart: there is no policy " + word, "restart");
    }
    draft_.set("restart.policy", toml_string(policy));
}

void ComposeService::stop() {
    draft_.note({file_.path, 0}, Weight::remark,
                "the signal is sent to all of its processes, docker's to the first one alone",
                "stop");
    const auto signal = get("stop_signal"), grace = get("stop_grace_period");
    std::string name = "SIGTERM";
    if (signal.IsDefined()) {
        if (const auto known = signal_name(scalar(signal))) {
            name = *known;
        } else {
            note(signal, Weight::lost, "stop_signal: superd knows no such signal", "stop");
        }
    }
    if (!signal.IsDefined() && !grace.IsDefined()) return;
    draft_.set("stop.signals", "[[" + toml_string(name) + ", " +
                                   toml_duration(time_or(grace, 10s, 24h)) + "], [" +
                                   toml_string("SIGKILL") + ", " + toml_string("5s") + "]]");
}

bool ComposeService::health_test(const YAML::Node& test, Health& health) {
    // compose has replaced its own variables when the shell comes to see the text.
    const auto in_shell = [](const std::string& text) {
        return std::vector{toml_string("/bin/sh"), toml_string("-c"), toml_string(text)};
    };
    if (test.IsScalar()) {
        if (test.Scalar() == "NONE") return false;
        health.exec = in_shell(resolved(test.Scalar(), test));
        return true;
    }
    const auto all = words(test);
    if (all.empty() || all.front() == "NONE") return false;
    if (all.front() == "CMD-SHELL" && all.size() > 1) {
        health.exec = in_shell(all[1]);
        return true;
    }
    if (all.front() != "CMD" || all.size() < 2) {
        note(test, Weight::lost, "healthcheck.test: expected CMD, CMD-SHELL or NONE first",
             "check");
        return false;
    }
    for (std::size_t i = 1; i < all.size(); ++i) health.exec.push_back(toml_string(all[i]));
    return true;
}

// 0 is docker's usual time, as no time is.
nanoseconds ComposeService::health_time(const YAML::Node& healthcheck, std::string_view key,
                                        nanoseconds usual, nanoseconds most) {
    const auto node = member(healthcheck, key);
    const auto text = scalar(node);
    const auto time = text.empty() ? std::nullopt : parse_time_span(text);
    if (!time && !text.empty()) {
        note(node, Weight::lost,
             "healthcheck." + std::string{key} +
                 ": expected a time, as 30s; superd takes no "
                 "variables there",
             "check");
    }
    const bool said = time && *time > 0s;
    return said ? std::clamp<nanoseconds>(*time, 10ms, most) : usual;
}

void ComposeService::healthcheck() {
    const auto node = get("healthcheck");
    if (!node.IsDefined() || !node.IsMap()) return;
    if (is_true(member(node, "disable"))) return;
    const auto test = member(node, "test");
    if (!test.IsDefined()) {
        return note(node, Weight::lost, "healthcheck: that of the image is not in this file",
                    "check");
    }
    if (!health_test(test, health_)) return;
    has_health_ = true;
    const auto every = health_time(node, "interval", 30s, 24h);
    const auto timeout = health_time(node, "timeout", 30s, 1h);
    const auto start = health_time(node, "start_period", 0s, 12h);
    const auto said = parse_number(scalar(member(node, "retries"))).value_or(0);
    const auto retries = said == 0 ? 3 : std::clamp<std::int64_t>(said, 1, 1000);
    health_.every = toml_duration(every);
    health_.timeout = toml_duration(timeout);
    health_.failures = std::to_string(retries);
    const auto longest =
        std::min<nanoseconds>(start + retries * std::min<nanoseconds>(every, 1h), 24h);
    health_.ready_timeout = toml_duration(std::max<nanoseconds>(longest, 20s));
    std::string exec = "[";
    for (const auto& word : health_.exec) exec += (exec.size() > 1 ? ", " : "") + word;
    // As with docker, which only tells that a container is not well.
    draft_.checks.push_back({{"name", toml_string("health")},
                             {"exec", exec + "]"},
                             {"every", health_.every},
                             {"timeout", health_.timeout},
                             {"failures", health_.failures},
                             {"start-timeout", toml_duration(start)},
                             {"on-failure", toml_string("degrade")}});
    if (const auto faster = member(node, "start_interval"); faster.IsDefined()) {
        note(faster, Weight::remark,
             "healthcheck.start_interval: it is asked every second until it passes", "check");
    }
}

void ComposeService::make_ready_by_check() {
    if (!has_health_) {
        return note(node_, Weight::lost,
                    "others wait until it is healthy, and it has no healthcheck in this file",
                    "ready");
    }
    draft_.set_all("ready.exec", health_.exec);
    draft_.set("ready.timeout", health_.ready_timeout);
    draft_.set("ready.every", toml_string("1s"));
}

void ComposeService::make_oneshot() {
    draft_.set("type", toml_string("oneshot"));
    if (draft_.is("restart.policy", toml_string("always"))) {
        draft_.set("restart.policy", toml_string("on-failure"));
    }
    if (draft_.checks.empty()) return;
    draft_.checks.clear();
    note(node_, Weight::lost, "healthcheck: what others wait for to end has none", "check");
}

void ComposeService::instances() {
    const auto deploy = get("deploy");
    auto count = get("scale");
    if (!count.IsDefined()) count.reset(member(deploy, "replicas"));
    for (const auto& [name, value] : members(deploy)) {
        const auto key = scalar(name);
        // What is below resources is told of with the limits.
        if (key == "replicas" || key == "mode" || key == "resources") continue;
        if (key == "restart_policy" && value.IsMap()) continue;
        note(name, Weight::lost, "deploy." + key + ": superd has nothing like it");
    }
    if (!count.IsDefined()) return;
    const auto number = parse_number(scalar(count));
    if (!number || *number < 0 || *number > 1024) {
        return note(count, Weight::lost, "replicas: expected a number from 1 to 1024");
    }
    if (*number == 0) {
        draft_.set("autostart", "false");
    } else if (*number > 1) {
        draft_.set("instances", std::to_string(*number));
    }
}

}  // namespace superctl::importing
