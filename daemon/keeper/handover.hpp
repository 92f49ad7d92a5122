// What one keeper leaves to the next program that runs in its process, when
// superd is upgraded: in a memfd, whose number is on the command line.
//
// The layout is the compiler's. So the new program is asked before, with the
// state itself (`superd --can-take-over`), whether it would understand it: a
// program that does not is never executed in the old one's place.
#pragma once

#include "keeper/conversation.hpp"
#include "keeper/held.hpp"
#include "keeper/helper.hpp"
#include "keeper/manager.hpp"
#include "keeper/protocol.hpp"
#include "keeper/text.hpp"
#include "os/fd.hpp"

#include <cstdint>

namespace superd::keeper {

inline constexpr std::uint32_t handover_version = 2;

// Followed by `names` entries of Held, as they are.
struct Handover {
    char magic[8] = {'s', 'u', 'p', 'e', 'r', 'd', 'u', 'p'};
    std::uint32_t version = handover_version;
    std::uint32_t size = sizeof(Handover);
    std::uint32_t entry_size = sizeof(Held::Entry);
    std::uint32_t names = 0;
    std::uint32_t protocol = protocol_version;
    std::int32_t records = 0;  // Their version, as the supervisor wrote them.
    std::int32_t lock = -1, control = -1, notify = -1, logger_socket = -1;
    bool control_given = false;
    std::int64_t started_realtime = 0;
    Manager::State manager;
    Helper::State supervisor, logger;
    Conversation::State conversation;
};

// Writes all of it into a new memfd. Empty: errno says why not.
os::Fd write_handover(const Handover& handover, const Held& held);

// Reads it, and what is held into `held` if that is not null. Null: all is well; else what is
// wrong with it, for a sentence that ends so.
const char* read_handover(int fd, Handover& handover, Held* held);

// Whether descriptors are to outlive the execution of another program: all that are named.
void keep_over_exec(const Handover& handover, const Held& held, bool keep);

// `superd --can-take-over FD`: says on standard output why not. Returns the exit status.
int can_take_over(int fd, const Path& supervisor, const Path& logger);

// Runs `program --can-take-over` with that state. True: it could; else what it said, or what kept
// it from saying anything, is in `why`.
bool ask_whether_it_can(int program, int state, Text<512>& why);

}  // namespace superd::keeper
