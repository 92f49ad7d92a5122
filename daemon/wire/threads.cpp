#include "wire/threads.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

namespace superd::wire {

namespace {

// Null for what is not known.
void known(JsonWriter& json, std::string_view name, const std::string& text) {
    json.key(name);
    text.empty() ? json.null() : json.value(text);
}

void append(JsonWriter& json, const SlotStatus& slot) {
    json.begin_object();
    json.member("kind", slot.kind);
    json.member("beat-age", slot.beat_age);
    known(json, "task", slot.task);
    json.member("task-age", slot.task_age);
    json.end_object();
}

void append(JsonWriter& json, const ThreadStatus& thread) {
    json.begin_object();
    json.member("pid", thread.pid);
    json.member("tid", thread.tid);
    json.member("name", thread.name);
    json.member("state", thread.state);
    json.member("cpu-percent", thread.cpu_percent);
    json.member("wait-percent", thread.wait_percent);
    json.member("cpu-time", thread.cpu_time);
    json.member("wait-time", thread.wait_time);
    json.member("processor", thread.processor);
    known(json, "wait-channel", thread.wait_channel);
    known(json, "system-call", thread.system_call);
    if (thread.slot) {
        json.key("slot");
        append(json, *thread.slot);
    }
    json.end_object();
}

SlotStatus parse_slot(const JsonReader& json) {
    SlotStatus slot;
    json.required("kind", slot.kind);
    json.read("beat-age", slot.beat_age);
    json.read("task", slot.task);
    json.read("task-age", slot.task_age);
    return slot;
}

ThreadStatus parse_thread(const JsonReader& json) {
    ThreadStatus thread;
    json.required("pid", thread.pid);
    json.required("tid", thread.tid);
    json.read("name", thread.name);
    json.read("state", thread.state);
    json.read("cpu-percent", thread.cpu_percent);
    json.read("wait-percent", thread.wait_percent);
    json.read("cpu-time", thread.cpu_time);
    json.read("wait-time", thread.wait_time);
    json.read("processor", thread.processor);
    json.read("wait-channel", thread.wait_channel);
    json.read("system-call", thread.system_call);
    if (json.find("slot") != nullptr) thread.slot = parse_slot(json.object("slot"));
    return thread;
}

}  // namespace

std::string serialize(const Threads& threads) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.member("sample", threads.sample);
    json.key("instances");
    json.begin_array();
    for (const auto& instance : threads.instances) {
        json.begin_object();
        json.member("unit", instance.unit);
        json.member("instance", instance.index);
        json.member("instances", instance.instances);
        json.member("state", instance.state);
        json.member("processes", instance.processes);
        json.key("threads");
        json.begin_array();
        for (const auto& thread : instance.threads) append(json, thread);
        json.end_array();
        json.member("left-out", instance.left_out);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

Threads parse_threads(std::string_view text) {
    const auto value = parse_object(text);
    Threads threads;
    JsonReader{value}.read("sample", threads.sample);
    for_each_object(JsonReader{value}.array("instances"), [&](const JsonReader& json) {
        InstanceThreads instance;
        json.required("unit", instance.unit);
        json.required("instance", instance.index);
        json.read("instances", instance.instances);
        json.read("state", instance.state);
        json.read("processes", instance.processes);
        for_each_object(json.array("threads"), [&](const JsonReader& each) {
            instance.threads.push_back(parse_thread(each));
        });
        json.read("left-out", instance.left_out);
        threads.instances.push_back(std::move(instance));
    });
    return threads;
}

}  // namespace superd::wire
