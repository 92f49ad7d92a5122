#include "wire/status.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/last_exit.hpp"
#include "wire/other_run.hpp"

namespace superd::wire {

namespace {

void write(JsonWriter& json, std::string_view name, const ProcessStatus& process, bool restarts) {
    json.key(name);
    json.begin_object();
    json.member("pid", process.pid);
    json.member("since", process.since);
    if (restarts) json.member("restarts", process.restarts);
    json.end_object();
}

void write(JsonWriter& json, const std::vector<CheckStatus>& checks) {
    json.key("checks");
    json.begin_array();
    for (const auto& check : checks) {
        json.begin_object();
        json.member("name", check.name);
        json.member("state", check.state);
        json.member("failures", check.failures);
        json.member("since", check.since);
        json.member("message", check.message);
        json.end_object();
    }
    json.end_array();
}

void write(JsonWriter& json, const WorkerStatus& worker) {
    json.key("worker");
    json.begin_object();
    json.member("done", worker.done);
    json.member("per-second", worker.per_second);
    json.member("live", worker.live);
    json.member("busy", worker.busy);
    json.member("slots", worker.slots);
    json.member("lag", worker.lag);
    json.member("lag-worst", worker.lag_worst);
    json.member("unlisted", worker.unlisted);
    json.member("stall", worker.stall);
    if (!worker.metrics.empty()) {
        json.key("metrics");
        json.begin_array();
        for (const Metric& each : worker.metrics) write(json, each);
        json.end_array();
    }
    json.end_object();
}

void write(JsonWriter& json, const PressureStatus& pressure) {
    json.key("pressure");
    json.begin_object();
    json.member("cpu", pressure.cpu);
    json.member("memory", pressure.memory);
    json.member("io", pressure.io);
    json.end_object();
}

void write(JsonWriter& json, const InstanceStatus& instance) {
    json.begin_object();
    json.member("index", instance.index);
    json.member("pid", instance.pid);
    json.member("goal", instance.goal);
    json.member("state", instance.state);
    json.member("reason", instance.reason);
    json.member("since", instance.since);
    json.member("ready-since", instance.ready_since);
    json.member("run", instance.run);
    json.member("restarts", instance.restarts);
    json.member("next-retry", instance.next_retry);
    json.key("last-exit");
    instance.last_exit ? write(json, *instance.last_exit) : json.null();
    json.member("memory", instance.memory);
    if (instance.memory_peak) json.member("memory-peak", instance.memory_peak);
    if (instance.swap) json.member("swap", instance.swap);
    json.member("cpu", instance.cpu);
    if (instance.tasks) json.member("tasks", instance.tasks);
    if (instance.pressure) write(json, *instance.pressure);
    if (instance.frozen_since) json.member("frozen-since", instance.frozen_since);
    if (instance.next_run) json.member("next-run", instance.next_run);
    if (instance.last_run) json.member("last-run", instance.last_run);
    if (instance.suspended) json.member("suspended", true);
    if (!instance.checks.empty()) write(json, instance.checks);
    if (instance.other_run) {
        json.key("other-run");
        write(json, *instance.other_run);
    }
    if (instance.worker) write(json, *instance.worker);
    if (!instance.deaths.empty()) {
        json.key("deaths");
        json.begin_array();
        for (const auto& death : instance.deaths) write(json, death);
        json.end_array();
    }
    json.end_object();
}

void write(JsonWriter& json, const ListenerStatus& listener) {
    json.begin_object();
    json.member("name", listener.name);
    json.member("address", listener.address);
    json.key("sockets");
    json.begin_array();
    for (const auto& socket : listener.sockets) {
        json.begin_object();
        json.member("instance", socket.instance);
        json.member("open", socket.open);
        json.member("waiting", socket.waiting);
        json.member("limit", socket.limit);
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

void write(JsonWriter& json, const UnitStatus& unit) {
    json.begin_object();
    json.member("name", unit.name);
    json.member("description", unit.description);
    json.member("goal", unit.goal);
    json.member("state", unit.state);
    json.member("reason", unit.reason);
    json.key("instances");
    json.begin_array();
    for (const auto& instance : unit.instances) write(json, instance);
    json.end_array();
    if (!unit.files.empty()) json.member("files", unit.files);
    if (unit.configured) json.member("configured", unit.configured);
    if (unit.cores) json.member("cores", unit.cores);
    if (unit.least) json.member("least", unit.least);
    if (unit.most) json.member("most", unit.most);
    if (!unit.listeners.empty()) {
        json.key("listeners");
        json.begin_array();
        for (const auto& listener : unit.listeners) write(json, listener);
        json.end_array();
    }
    if (unit.rolling) {
        json.key("rolling");
        json.begin_object();
        json.member("done", unit.rolling->done);
        json.member("of", unit.rolling->of);
        json.end_object();
    }
    if (!unit.notices.empty()) json.member("notices", unit.notices);
    if (!unit.rolling_failure.empty()) json.member("rolling-failure", unit.rolling_failure);
    json.member("enabled", unit.enabled);
    if (unit.enabled_by_operator) json.member("enabled-by", "operator");
    if (unit.timer) {
        json.key("timer");
        json.begin_object();
        json.member("schedule", unit.timer->schedule);
        json.member("overlap", unit.timer->overlap);
        json.member("catch-up", unit.timer->catch_up);
        json.end_object();
    }
    json.end_object();
}

ProcessStatus read_process(const JsonReader& json) {
    ProcessStatus process;
    json.required("pid", process.pid);
    json.required("since", process.since);
    json.read("restarts", process.restarts);
    return process;
}

CheckStatus read_check(const JsonReader& json) {
    CheckStatus check;
    json.required("name", check.name);
    json.required("state", check.state);
    json.read("failures", check.failures);
    json.read("since", check.since);
    json.read("message", check.message);
    return check;
}

WorkerStatus read_worker(const JsonReader& json) {
    WorkerStatus worker;
    json.required("done", worker.done);
    json.read("per-second", worker.per_second);
    json.read("live", worker.live);
    json.read("busy", worker.busy);
    json.read("slots", worker.slots);
    json.read("lag", worker.lag);
    json.read("lag-worst", worker.lag_worst);
    json.read("unlisted", worker.unlisted);
    json.read("stall", worker.stall);
    if (json.find("metrics") != nullptr) {
        for_each_object(json.array("metrics"), [&](const JsonReader& each) {
            worker.metrics.push_back(read_metric(each));
        });
    }
    return worker;
}

InstanceStatus read_instance(const JsonReader& json) {
    InstanceStatus instance;
    json.required("index", instance.index);
    json.read("pid", instance.pid);
    json.read("goal", instance.goal);
    json.required("state", instance.state);
    json.read("reason", instance.reason);
    json.required("since", instance.since);
    json.read("ready-since", instance.ready_since);
    json.read("run", instance.run);
    json.read("restarts", instance.restarts);
    json.read("next-retry", instance.next_retry);
    if (json.find("last-exit") != nullptr) instance.last_exit = read_exit(json.object("last-exit"));
    json.read("memory", instance.memory);
    json.read("memory-peak", instance.memory_peak);
    json.read("swap", instance.swap);
    json.read("frozen-since", instance.frozen_since);
    if (json.find("pressure") != nullptr) {
        const auto pressure = json.object("pressure");
        PressureStatus& read = instance.pressure.emplace();
        pressure.read("cpu", read.cpu);
        pressure.read("memory", read.memory);
        pressure.read("io", read.io);
    }
    json.read("cpu", instance.cpu);
    json.read("tasks", instance.tasks);
    json.read("next-run", instance.next_run);
    json.read("last-run", instance.last_run);
    json.read("suspended", instance.suspended);
    if (json.find("checks") != nullptr) {
        for_each_object(json.array("checks"), [&](const JsonReader& check) {
            instance.checks.push_back(read_check(check));
        });
    }
    if (json.find("other-run") != nullptr) {
        instance.other_run = read_other_run(json.object("other-run"));
    }
    if (json.find("worker") != nullptr) instance.worker = read_worker(json.object("worker"));
    if (json.find("deaths") != nullptr) {
        for_each_object(json.array("deaths"), [&](const JsonReader& death) {
            instance.deaths.push_back(read_exit(death));
        });
    }
    return instance;
}

ListenerStatus read_listener(const JsonReader& json) {
    ListenerStatus listener;
    json.required("name", listener.name);
    json.required("address", listener.address);
    for_each_object(json.array("sockets"), [&](const JsonReader& each) {
        SocketStatus socket;
        each.read("instance", socket.instance);
        each.read("open", socket.open);
        each.read("waiting", socket.waiting);
        each.read("limit", socket.limit);
        listener.sockets.push_back(socket);
    });
    return listener;
}

UnitStatus read_unit(const JsonReader& json) {
    UnitStatus unit;
    json.required("name", unit.name);
    json.read("description", unit.description);
    json.read("files", unit.files);
    json.read("configured", unit.configured);
    json.read("cores", unit.cores);
    json.read("least", unit.least);
    json.read("most", unit.most);
    if (json.find("listeners") != nullptr) {
        for_each_object(json.array("listeners"), [&](const JsonReader& listener) {
            unit.listeners.push_back(read_listener(listener));
        });
    }
    if (json.find("rolling") != nullptr) {
        const auto rolling = json.object("rolling");
        unit.rolling.emplace();
        rolling.required("done", unit.rolling->done);
        rolling.required("of", unit.rolling->of);
    }
    json.read("rolling-failure", unit.rolling_failure);
    json.read("notices", unit.notices);
    json.read("enabled", unit.enabled);
    unit.enabled_by_operator = json.find("enabled-by") != nullptr;
    if (json.find("timer") != nullptr) {
        const auto timer = json.object("timer");
        unit.timer.emplace();
        timer.required("schedule", unit.timer->schedule);
        timer.read("overlap", unit.timer->overlap);
        timer.read("catch-up", unit.timer->catch_up);
    }
    json.read("goal", unit.goal);
    json.required("state", unit.state);
    json.read("reason", unit.reason);
    for_each_object(json.array("instances"), [&](const JsonReader& instance) {
        unit.instances.push_back(read_instance(instance));
    });
    return unit;
}

}  // namespace

std::string serialize(const Status& status) {
    std::string out;
    out.reserve(512 + status.units.size() * 512);
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.key("superd");
    json.begin_object();
    json.member("version", status.version);
    write(json, "keeper", status.keeper, false);
    write(json, "supervisor", status.supervisor, true);
    write(json, "logger", status.logger, true);
    json.end_object();
    json.key("units");
    json.begin_array();
    for (const auto& unit : status.units) write(json, unit);
    json.end_array();
    json.end_object();
    return out;
}

Status parse_status(std::string_view text) {
    const auto value = parse_object(text);
    const JsonReader json{value};
    const auto superd = json.object("superd");
    Status status;
    superd.required("version", status.version);
    status.keeper = read_process(superd.object("keeper"));
    status.supervisor = read_process(superd.object("supervisor"));
    status.logger = read_process(superd.object("logger"));
    for_each_object(json.array("units"),
                    [&](const JsonReader& unit) { status.units.push_back(read_unit(unit)); });
    return status;
}

}  // namespace superd::wire
