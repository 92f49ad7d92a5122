#include "wire/crash.hpp"

#include "wire/json_writer.hpp"
#include "wire/last_exit.hpp"

namespace superd::wire {

std::string serialize(const CrashReport& report) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("schema", schema);
    json.member("unit", report.unit);
    json.member("instance", report.instance);
    json.member("run", report.run);
    json.member("reason", report.reason);
    json.member("text", report.text);
    json.member("state", report.state);
    json.member("restarts", report.restarts);
    json.member("next-retry", report.next_retry);
    json.member("suppressed", report.suppressed);
    json.key("last-exit");
    if (report.last_exit) {
        write(json, *report.last_exit);
    } else {
        json.null();
    }
    json.end_object();
    return out;
}

}  // namespace superd::wire
