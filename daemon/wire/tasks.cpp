#include "wire/tasks.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

namespace superd::wire {

namespace {

void append(JsonWriter& json, const TaskStatus& task) {
    json.begin_object();
    json.member("id", task.id);
    json.member("name", task.name);
    json.member("file", task.file);
    json.member("line", task.line);
    json.member("state", task.state);
    json.member("age", task.age);
    json.member("state-age", task.state_age);
    json.member("slot", task.slot);
    json.member("lints", task.lints);
    json.end_object();
}

void append(JsonWriter& json, const TaskSlot& slot) {
    json.begin_object();
    json.member("slot", slot.slot);
    json.member("kind", slot.kind);
    json.member("tid", slot.tid);
    json.member("done", slot.done);
    json.member("live", slot.live);
    json.member("lag", slot.lag);
    json.member("lag-worst", slot.lag_worst);
    json.member("beat-age", slot.beat_age);
    json.member("task", slot.task);
    json.member("task-age", slot.task_age);
    json.member("lints", slot.lints);
    json.end_object();
}

TaskStatus parse_task(const JsonReader& json) {
    TaskStatus task;
    json.required("id", task.id);
    json.read("name", task.name);
    json.read("file", task.file);
    json.read("line", task.line);
    json.read("state", task.state);
    json.read("age", task.age);
    json.read("state-age", task.state_age);
    json.read("slot", task.slot);
    json.read("lints", task.lints);
    return task;
}

TaskSlot parse_slot(const JsonReader& json) {
    TaskSlot slot;
    json.required("slot", slot.slot);
    json.read("kind", slot.kind);
    json.read("tid", slot.tid);
    json.read("done", slot.done);
    json.read("live", slot.live);
    json.read("lag", slot.lag);
    json.read("lag-worst", slot.lag_worst);
    json.read("beat-age", slot.beat_age);
    json.read("task", slot.task);
    json.read("task-age", slot.task_age);
    json.read("lints", slot.lints);
    return slot;
}

WorkerTasks parse_worker(const JsonReader& json) {
    WorkerTasks worker;
    json.required("unit", worker.unit);
    json.required("instance", worker.index);
    json.read("instances", worker.instances);
    json.read("state", worker.state);
    json.read("pid", worker.pid);
    json.read("hosted", worker.hosted);
    for_each_object(json.array("slots"),
                    [&](const JsonReader& each) { worker.slots.push_back(parse_slot(each)); });
    for_each_object(json.array("tasks"),
                    [&](const JsonReader& each) { worker.tasks.push_back(parse_task(each)); });
    json.read("begun", worker.begun);
    json.read("lost", worker.lost);
    json.read("left-out", worker.left_out);
    return worker;
}

}  // namespace

std::string serialize(const Tasks& tasks) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.key("workers");
    json.begin_array();
    for (const auto& worker : tasks.workers) {
        json.begin_object();
        json.member("unit", worker.unit);
        json.member("instance", worker.index);
        json.member("instances", worker.instances);
        json.member("state", worker.state);
        json.member("pid", worker.pid);
        json.member("hosted", worker.hosted);
        json.key("slots");
        json.begin_array();
        for (const auto& slot : worker.slots) append(json, slot);
        json.end_array();
        json.key("tasks");
        json.begin_array();
        for (const auto& task : worker.tasks) append(json, task);
        json.end_array();
        json.member("begun", worker.begun);
        json.member("lost", worker.lost);
        json.member("left-out", worker.left_out);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

Tasks parse_tasks(std::string_view text) {
    const auto value = parse_object(text);
    Tasks tasks;
    for_each_object(JsonReader{value}.array("workers"),
                    [&](const JsonReader& json) { tasks.workers.push_back(parse_worker(json)); });
    return tasks;
}

}  // namespace superd::wire
