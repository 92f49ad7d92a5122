// What keeper and supervisor say to each other, over a SOCK_SEQPACKET pair.
//
// One fixed-size message a packet, at most two descriptors with it (a name may
// stand for a pair, as a run's two log FIFOs). Both are
// built together and live on one machine, so the layout is the compiler's; the
// version in `hello` guards an upgrade in place.
//
//   supervisor                                   keeper
//   hello{version}                      ──►
//                                       ◄──      welcome{pids, restarts, times}
//                                       ◄──      held{name} for each descriptor; then held_end
//                                       ◄──      exited{pid, status}     (exits_ahead at most)
//   acknowledge{pid, count}             ──►      reaps it and those told before it: only now
//                                                may the pids be reused
//   hold{name}+fds · release{name}      ──►
//   fetch{name}                         ──►
//                                       ◄──      fetched{name}+fds       (none: not held)
//   beat{within_ms}                     ──►      kills and replaces it if no beat follows in time
//                                       ◄──      signalled{SIGTERM…}     for superd itself
//                                       ◄──      logger{pid, restarts}   whenever one was started
//   condition{phase, text, stop_ms}     ──►      tells the service manager, if there is one
//   finished{exit code, services stay}  ──►      ends the logger, exits with that code
//   upgrade{1, version of the records}  ──►      asks the program that is installed by now
//                                       ◄──      checked{0}, or checked{1}+fd of a text: why not
//   upgrade{2}                          ──►      executes that program in its own place
//
// Why exits are acknowledged: the keeper looks at a zombie without reaping it
// (WNOWAIT), tells of it, and reaps when told to. The kernel itself is the
// queue, so no exit is lost whoever dies, and no pid is reused while the
// supervisor may still signal it. Exits are
// acknowledged in the order in which they were told.
//
// The keeper queues nothing: while its answer to `fetch` does not fit into the
// link it reads no further, so a supervisor must take in answers while it asks.
// SIGTERM and SIGINT are told to every later supervisor again, until one says
// `finished`; SIGHUP and SIGUSR1 once. SIGUSR2 asks for a `finished` that leaves
// all services running; one that does not come in time is not waited for. A beat of 0 ms ends the
// watch. A supervisor that closes the link is killed; when the keeper dies, supervisor and logger
// get SIGKILL from the kernel.
//
// Supervisor and logger inherit the keeper's environment, with one more:
// SUPERD_OPEN_FILES, the soft RLIMIT_NOFILE that superd was started with, which
// is what services should get (their own limit has been raised).
#pragma once

#include <cstddef>
#include <cstdint>

namespace superd::keeper {

inline constexpr std::uint32_t protocol_version = 2;

// Descriptors that the supervisor is born with.
inline constexpr int link_fd = 3;     // This protocol.
inline constexpr int control_fd = 4;  // Listening stream socket RUNTIME/control.sock.
inline constexpr int notify_fd = 5;   // Datagram socket of NOTIFY_SOCKET, SO_PASSCRED on.

// Descriptors that the logger is born with. Its stdout and stderr are superd's.
inline constexpr int logger_listen_fd = 3;  // Listening seqpacket socket RUNTIME/logger.sock.

inline constexpr std::size_t exits_ahead = 256;  // Told and not acknowledged, at the most.
inline constexpr int descriptors_max = 2;        // That one message, and so one name, carries.
inline constexpr std::uint32_t name_max = 48;    // With its terminating NUL.

enum class Kind : std::uint32_t {
    // supervisor to keeper
    hello = 1,
    acknowledge,
    hold,
    release,
    fetch,
    beat,
    finished,
    upgrade,
    condition,
    // keeper to supervisor
    welcome = 32,
    held,
    held_end,
    fetched,
    exited,
    signalled,
    logger,
    checked,
};

// What superd is doing, of `condition`.
enum class Phase : std::int32_t {
    serving = 1,  // It answers on its control socket.
    reloading,
    stopping,
};

// What a service manager does for superd, of `welcome`: bits.
inline constexpr std::int32_t managed = 1;  // It wants to be told of `condition`.
inline constexpr std::int32_t parks = 2;    // It keeps what the keeper holds, when that has died.

struct Message {
    Kind kind{};
    std::int32_t pid = 0;       // exited, acknowledge; welcome: the keeper's; logger: the logger's.
    std::int32_t value = 0;     // hello: version; signalled: signal number; finished: exit code;
                                // upgrade: which step; checked: 0, it can be; condition: a Phase;
                                // acknowledge: of so many exits pid is the last;
                                // exited: si_status; beat: ms until the next one at the latest;
                                // welcome, logger: the logger's restarts.
    std::int32_t code = 0;      // upgrade: version of the records; exited: si_code (CLD_EXITED,
                                // CLD_KILLED, CLD_DUMPED); welcome: the supervisor's restarts;
                                // finished: 1, the services run on, 0, all is stopped.
    std::int64_t since_ns = 0;  // welcome: CLOCK_REALTIME at which the keeper started.
    std::int64_t supervisor_ns = 0;  // welcome: ... this supervisor.
    std::int64_t logger_ns = 0;      // welcome, logger: ... the logger.
    std::int64_t cpu_us = 0;         // exited: user + system time of the process.
    std::int64_t rss_kib = 0;        // exited: its peak resident set.
    std::int32_t logger_pid = 0;     // welcome.
    std::int32_t last_end = 0;  // welcome: wait status of the supervisor before this one; 0: none.
    std::int32_t manager = 0;   // welcome: see above.
    std::int32_t stop_ms = 0;   // condition stopping: so long it may take.
    char name[name_max] = {};   // hold, release, fetch, held, fetched; welcome: the version;
                                // condition: for people, "23 of 25 units up".
};

}  // namespace superd::keeper
