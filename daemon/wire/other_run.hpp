// How the other run of an instance is written and read, wherever it is a part.
#pragma once

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

namespace superd::wire {

void write(JsonWriter& json, const OtherRun& run);
OtherRun read_other_run(const JsonReader& json);

}  // namespace superd::wire
