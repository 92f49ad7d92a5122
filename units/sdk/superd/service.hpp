// Services that superd hosts: one class, run as processes, threads or coroutines as the unit says.
//
//   struct Echo {
//       explicit Echo(superd::Context& context);                    // or no constructor
//       int run(superd::Context&);                                  // model = "processes"
//       void connection(superd::Context&, superd::Slot&, superd::Socket);  // model = "threads"
//       asio::awaitable<void> connection(superd::Context&, asio::ip::tcp::socket);  // "coroutines"
//   };
//   SUPERD_SERVICE(Echo)
//
// No base class: each entry point that the class has is a model that it offers.
//
//   processes    run() has the process for itself and returns its exit code once
//                context.stopping().
//   threads      connection() is called by `threads` threads, one connection each at a time; or
//                thread(Context&, Slot&) is, to do what it likes until context.stopping().
//   coroutines   connection() is begun for each connection, all on one event loop; or
//                asio::awaitable<void> run(Context&) once; or both. Either may name
//                superd::Awaitable<> and superd::TcpSocket instead, which is a little cheaper. It
//                must not block: see superd::blocking().
//
// A worker with nothing left to do ends by itself, with code 0: when each thread() has returned; or
// when run() has, and all that it has spawned, in a class without connection().
//
// Optional besides:
//
//   static void preload(superd::Preload&)   with preload = true: once, before workers are forked
//                                           from that process
//   a constructor with Context&             throws superd::config_error to end the worker for good,
//                                           with code 78
//   bool reload(const superd::Config&)      the configuration changed; false: start me anew
//                                           instead. Called in the loop, in the other models by a
//                                           thread of the host's
//
// An exception that leaves connection() ends that connection and is logged, whatever its type; so
// is one that leaves what spawn() has begun, or reload(), which then asks for a new worker. One
// that leaves anything else (the constructor, run(), thread()) ends the worker: with code 78 when
// it is a superd::config_error, else with code 1. What still runs then is cut off. In the coroutine
// model a wait that the stop itself has cancelled is no error of run()'s.
//
// Nothing of C++ passes between worker and module: a module may be built with another compiler and
// another Boost than superd. The worker never unloads it.
#pragma once

#include <superd/run.hpp>

namespace superd::detail {

// Whether the two sides can do with each other; says what to do if not.
inline bool agrees(const superd_abi_host& host) noexcept {
    if (host.abi == SUPERD_ABI && host.page_version == protocol::page_version &&
        host.page_size >= protocol::page_size && host.size >= sizeof(superd_abi_host))
        return true;
    if (host.log)
        Log{host}.error("the module was built for another version of superd: build it again");
    return false;
}

template <class S>
int preload(const superd_abi_host* host) noexcept {
    if (!agrees(*host)) return 78;
    return guarded(*host, [&from = *host] {
        static_cast<void>(from);
        if constexpr (requires(Preload& p) { S::preload(p); }) {
            Preload given{from};
            S::preload(given);
        }
        return 0;
    });
}

template <class S>
int run(const superd_abi_host* host) noexcept {
    if (!agrees(*host)) return 78;
    return guarded(*host, [host] { return Drive::run<S>(*host); });
}

template <class S>
constexpr superd_abi_module describe(const char* name) {
    static_assert(models<S>() != 0,
                  "a service needs int run(Context&), void connection(Context&, Slot&, Socket) or "
                  "asio::awaitable<void> connection(Context&, asio::ip::tcp::socket)");
    return {.size = sizeof(superd_abi_module),
            .abi = SUPERD_ABI,
            .name = name,
            .built_with = "g++ " __VERSION__ ", Boost " BOOST_LIB_VERSION,
            .models = models<S>(),
            .page_version = protocol::page_version,
            .preload = preload<S>,
            .run = run<S>};
}

}  // namespace superd::detail

// Makes a shared object a module that superd-worker runs. Once in a module, outside of any
// namespace.
#define SUPERD_SERVICE(Class)                                                                  \
    extern "C" {                                                                               \
    __attribute__((visibility("default"))) extern const superd_abi_module superd_module;       \
    constinit const superd_abi_module superd_module = superd::detail::describe<Class>(#Class); \
    }
