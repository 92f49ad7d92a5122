#include "wire/other_run.hpp"

namespace superd::wire {

void write(JsonWriter& json, const OtherRun& run) {
    json.begin_object();
    json.member("run", run.run);
    json.member("pid", run.pid);
    json.member("state", run.state);
    json.member("reason", run.reason);
    json.end_object();
}

OtherRun read_other_run(const JsonReader& json) {
    OtherRun run;
    json.required("run", run.run);
    json.read("pid", run.pid);
    json.required("state", run.state);
    json.read("reason", run.reason);
    return run;
}

}  // namespace superd::wire
