#include "wire/explanation.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/last_exit.hpp"
#include "wire/other_run.hpp"

namespace superd::wire {

namespace {

void write(JsonWriter& json, const GivenCommand& command) {
    json.begin_object();
    json.member("at", command.at);
    json.member("action", command.action);
    json.member("uid", command.uid);
    json.member("user", command.user);
    json.end_object();
}

void write(JsonWriter& json, const Link& link) {
    json.begin_object();
    json.member("because", link.because);
    json.member("via", link.via);
    json.member("until", link.until);
    json.member("order-only", link.order_only);
    json.member("unit", link.unit);
    json.member("index", link.index);
    json.member("instances", link.instances);
    json.member("type", link.type);
    json.member("group", link.group);
    json.member("goal", link.goal);
    json.member("state", link.state);
    json.member("reason", link.reason);
    json.member("text", link.text);
    json.member("since", link.since);
    json.member("run", link.run);
    json.member("pid", link.pid);
    json.member("restarts", link.restarts);
    json.member("due", link.due);
    json.member("probe", link.probe);
    json.member("said", link.said);
    json.member("error", link.error);
    json.member("sick", link.sick);
    json.member("limited", link.limited);
    if (link.frozen_since) json.member("frozen-since", link.frozen_since);
    json.member("policy", link.policy);
    json.member("limit", link.limit);
    json.member("on-limit", link.on_limit);
    json.member("hook", link.hook);
    json.member("signal", link.signal);
    json.member("left", link.left);
    json.key("deaths");
    json.begin_array();
    for (const auto& death : link.deaths) write(json, death);
    json.end_array();
    json.key("command");
    link.command ? write(json, *link.command) : json.null();
    json.member("schedule", link.schedule);
    json.member("next-run", link.next_run);
    if (link.other_run) {
        json.key("other-run");
        write(json, *link.other_run);
    }
    json.member("superd-stops", link.superd_stops);
    json.end_object();
}

GivenCommand read_command(const JsonReader& json) {
    GivenCommand command;
    json.required("at", command.at);
    json.required("action", command.action);
    json.read("uid", command.uid);
    json.read("user", command.user);
    return command;
}

Link read_link(const JsonReader& json) {
    Link link;
    json.read("because", link.because);
    json.read("via", link.via);
    json.read("until", link.until);
    json.read("order-only", link.order_only);
    json.required("unit", link.unit);
    json.read("index", link.index);
    json.read("instances", link.instances);
    json.read("type", link.type);
    json.read("group", link.group);
    json.read("goal", link.goal);
    json.required("state", link.state);
    json.read("reason", link.reason);
    json.read("text", link.text);
    json.read("since", link.since);
    json.read("run", link.run);
    json.read("pid", link.pid);
    json.read("restarts", link.restarts);
    json.read("due", link.due);
    json.read("schedule", link.schedule);
    json.read("next-run", link.next_run);
    json.read("probe", link.probe);
    json.read("said", link.said);
    json.read("error", link.error);
    json.read("sick", link.sick);
    json.read("limited", link.limited);
    json.read("frozen-since", link.frozen_since);
    json.read("policy", link.policy);
    json.read("limit", link.limit);
    json.read("on-limit", link.on_limit);
    json.read("hook", link.hook);
    json.read("signal", link.signal);
    json.read("left", link.left);
    for_each_object(json.array("deaths"),
                    [&](const JsonReader& death) { link.deaths.push_back(read_exit(death)); });
    if (json.find("command") != nullptr) link.command = read_command(json.object("command"));
    if (json.find("other-run") != nullptr) {
        link.other_run = read_other_run(json.object("other-run"));
    }
    json.read("superd-stops", link.superd_stops);
    return link;
}

}  // namespace

std::string serialize(const Explanations& explanations) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.key("explanations");
    json.begin_array();
    for (const auto& each : explanations.all) {
        json.begin_object();
        json.key("chain");
        json.begin_array();
        for (const auto& link : each.chain) write(json, link);
        json.end_array();
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

Explanations parse_explanations(std::string_view text) {
    const auto value = parse_object(text);
    Explanations explanations;
    for_each_object(JsonReader{value}.array("explanations"), [&](const JsonReader& each) {
        auto& explanation = explanations.all.emplace_back();
        for_each_object(each.array("chain"), [&](const JsonReader& link) {
            explanation.chain.push_back(read_link(link));
        });
    });
    return explanations;
}

}  // namespace superd::wire
