// How a superd that is PID 1 ends when no supervisor can be started to stop the services.
#pragma once

namespace superd::keeper {

// Sends SIGTERM to every process, after 5 s SIGKILL, and exits.
[[noreturn]] void end_everything();

}  // namespace superd::keeper
