#include "wire/event.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"

#include <array>

namespace superd::wire {

namespace {

constexpr std::array kinds{
    EventKind::state,   EventKind::spawn,  EventKind::spawn_failed, EventKind::ready,
    EventKind::exit,    EventKind::lines,  EventKind::dropped,      EventKind::config,
    EventKind::hook,    EventKind::timer,  EventKind::check,        EventKind::rolling,
    EventKind::command, EventKind::superd, EventKind::stall,        EventKind::frozen,
    EventKind::thawed,  EventKind::oom,
};

std::optional<EventKind> kind_named(std::string_view name) {
    for (const auto kind : kinds) {
        if (to_string(kind) == name) return kind;
    }
    return {};
}

void write_text(JsonWriter& json, std::string_view name, const std::string& text) {
    if (!text.empty()) json.member(name, text);
}

void write_exit(JsonWriter& json, const Event& event) {
    if (event.code) json.member("code", *event.code);
    if (event.signal) json.member("signal", *event.signal);
    if (event.core) json.member("core", true);
    if (event.oom) json.member("oom", true);
    if (event.unknown) json.member("unknown", true);
    if (event.uptime) json.member("uptime", *event.uptime);
    if (event.cpu) json.member("cpu", *event.cpu);
    if (event.rss) json.member("rss", *event.rss);
}

Event read_event(const JsonReader& json, EventKind kind) {
    Event event;
    event.kind = kind;
    json.required("time", event.time);
    json.required("seq", event.seq);
    json.read("unit", event.unit);
    json.read("instance", event.instance);
    json.read("run", event.run);
    json.read("pid", event.pid);
    json.read("from", event.from);
    json.read("to", event.to);
    json.read("goal", event.goal);
    json.read("reason", event.reason);
    json.read("on", event.on);
    json.read("code", event.code);
    json.read("signal", event.signal);
    json.read("core", event.core);
    json.read("oom", event.oom);
    json.read("unknown", event.unknown);
    json.read("uptime", event.uptime);
    json.read("cpu", event.cpu);
    json.read("rss", event.rss);
    json.read("action", event.action);
    json.read("hook", event.hook);
    json.read("uid", event.uid);
    json.read("user", event.user);
    json.read("lines", event.lines);
    json.read("dropped", event.dropped);
    json.read("message", event.message);
    return event;
}

}  // namespace

std::string_view to_string(EventKind kind) {
    switch (kind) {
        case EventKind::state: return "state";
        case EventKind::spawn: return "spawn";
        case EventKind::spawn_failed: return "spawn-failed";
        case EventKind::ready: return "ready";
        case EventKind::exit: return "exit";
        case EventKind::lines: return "lines";
        case EventKind::dropped: return "dropped";
        case EventKind::config: return "config";
        case EventKind::hook: return "hook";
        case EventKind::timer: return "timer";
        case EventKind::check: return "check";
        case EventKind::rolling: return "rolling";
        case EventKind::command: return "command";
        case EventKind::superd: return "superd";
        case EventKind::stall: return "stall";
        case EventKind::frozen: return "frozen";
        case EventKind::thawed: return "thawed";
        case EventKind::oom: return "oom";
    }
    return "superd";
}

std::string serialize(const Event& event) {
    std::string out;
    out.reserve(256);
    JsonWriter json{out};
    json.begin_object();
    json.member("time", event.time);
    json.member("seq", event.seq);
    json.member("event", to_string(event.kind));
    write_text(json, "unit", event.unit);
    if (event.instance) json.member("instance", *event.instance);
    if (event.run != 0) json.member("run", event.run);
    if (event.pid != 0) json.member("pid", event.pid);
    write_text(json, "from", event.from);
    write_text(json, "to", event.to);
    write_text(json, "goal", event.goal);
    write_text(json, "reason", event.reason);
    write_text(json, "on", event.on);
    write_exit(json, event);
    write_text(json, "hook", event.hook);
    write_text(json, "action", event.action);
    if (event.uid) json.member("uid", *event.uid);
    write_text(json, "user", event.user);
    if (!event.lines.empty()) json.member("lines", event.lines);
    if (event.dropped != 0) json.member("dropped", event.dropped);
    write_text(json, "message", event.message);
    json.end_object();
    return out;
}

std::optional<Event> parse_event(std::string_view line) {
    try {
        const auto value = parse_object(line);
        const JsonReader json{value};
        std::string name;
        json.required("event", name);
        const auto kind = kind_named(name);
        if (!kind) return {};
        return read_event(json, *kind);
    } catch (const boost::system::system_error&) {
        return {};
    }
}

}  // namespace superd::wire
