// One try to find out from outside whether a service is of use.
#pragma once

#include "config/unit.hpp"
#include "os/spawn.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

namespace superd::supervisor {

// A server that takes longer may have lost the connection: it is asked again.
inline constexpr std::chrono::nanoseconds answer_limit = std::chrono::seconds{2};

// A try under way. Destroying it ends it: its sockets are closed, its process
// group is killed, its callback is not called.
class Probe {
public:
    // Empty: it answered as it should. Else what happened instead, as a word or
    // two that follow the probe's name: "refused", "answered 503". Called once,
    // never before the function that made the probe has returned. May destroy it.
    using Done = std::function<void(std::string problem)>;

    // tcp, unix and http: one connection, which has failed after `limit`.
    static std::unique_ptr<Probe> connect(const boost::asio::any_io_executor& executor,
                                          const config::Ready& ready, Done done,
                                          std::chrono::nanoseconds limit = answer_limit);
    // exec: one process in a session of its own, its descriptors /dev/null. It
    // may run for as long as the probe lasts, which ready.timeout bounds.
    static std::unique_ptr<Probe> execute(const boost::asio::any_io_executor& executor,
                                          const os::SpawnPlan& plan, Done done);

    Probe() = default;
    virtual ~Probe() = default;
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
};

// What SUPERD_HOOK is for the programs that ask after a run: what they leave behind is known by it.
inline constexpr std::string_view check_mark = "check", ready_mark = "ready";
// From the plan of the run to that of such a program.
os::SpawnPlan asking_plan(os::SpawnPlan of_run, std::vector<std::string> argv,
                          std::string_view mark);

// The probe's name for people: "tcp 127.0.0.1:5432", "http localhost:80/healthz".
std::string probe_name(const config::Ready& ready);

}  // namespace superd::supervisor
