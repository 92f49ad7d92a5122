#include "wire/last_exit.hpp"

namespace superd::wire {

void write(JsonWriter& json, const LastExit& exit) {
    json.begin_object();
    json.member("at", exit.at);
    json.member("uptime", exit.uptime);
    json.member("code", exit.code);
    json.member("signal", exit.signal);
    json.member("core", exit.core);
    json.member("oom", exit.oom);
    json.member("lines", exit.lines);
    json.member("run", exit.run);
    json.member("pid", exit.pid);
    json.member("cpu", exit.cpu);
    json.member("memory", exit.memory);
    json.member("ended-by", exit.ended_by);
    json.member("cause", exit.cause);
    if (!exit.stack.empty()) json.member("stack", exit.stack);
    json.end_object();
}

LastExit read_exit(const JsonReader& json) {
    LastExit exit;
    json.required("at", exit.at);
    json.required("uptime", exit.uptime);
    json.read("code", exit.code);
    json.read("signal", exit.signal);
    json.read("core", exit.core);
    json.read("oom", exit.oom);
    json.read("lines", exit.lines);
    json.read("run", exit.run);
    json.read("pid", exit.pid);
    json.read("cpu", exit.cpu);
    json.read("memory", exit.memory);
    json.read("ended-by", exit.ended_by);
    json.read("cause", exit.cause);
    json.read("stack", exit.stack);
    return exit;
}

}  // namespace superd::wire
