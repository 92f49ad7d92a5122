// How exits are written and read, wherever they are a part.
#pragma once

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"
#include "wire/status.hpp"

namespace superd::wire {

void write(JsonWriter& json, const LastExit& exit);
LastExit read_exit(const JsonReader& json);

}  // namespace superd::wire
