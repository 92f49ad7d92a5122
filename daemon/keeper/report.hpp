// What superd itself has to say, on stderr, one sentence a line.
#pragma once

#include "keeper/text.hpp"

#include <cstdint>

namespace superd::keeper {

using Line = Text<1024>;

// Writes a finished line, or drops it if that would block: a full pipe behind
// stderr must not stop the keeper.
void write_line(Line& line);

// report("cannot start ", name, ": ", cause) says "superd: cannot start …".
template <class... Parts>
void report(const Parts&... parts) {
    Line line;
    line.add("superd: ");
    (line.add(parts), ...);
    write_line(line);
}

// An errno in words.
const char* describe_error(int error);

// "SIGKILL"; "signal 40" for one without a name.
Text<24> describe_signal(int number);

// "3.2 s"
Text<24> describe_duration(std::int64_t nanoseconds);

}  // namespace superd::keeper
