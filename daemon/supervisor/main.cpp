// superd-supervisor: the part of superd that decides.
#include "bus/bus.hpp"
#include "control/server.hpp"
#include "keeper/protocol.hpp"
#include "os/limits.hpp"
#include "supervisor/check.hpp"
#include "supervisor/log.hpp"
#include "supervisor/options.hpp"
#include "supervisor/supervisor.hpp"
#include "turn/record_version.hpp"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

namespace {

using namespace superd;

// Signals for superd come by the keeper. A terminal sends them to all of the
// foreground processes, and a manager to all of the control group: not for us.
void ignore_signals() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) {
        ::signal(number, SIG_IGN);
    }
}

// Raises our limit. What services get is what superd was started with; the
// keeper has raised its own before it started us.
os::OpenFilesLimit open_files(supervisor::Log& log) {
    os::OpenFilesLimit limit;
    if (const auto raised = os::raise_open_files_limit()) {
        limit = *raised;
    } else {
        log.warn(raised.error().message());
    }
    if (const char* const text = std::getenv("SUPERD_OPEN_FILES")) {
        const std::string_view digits{text};
        std::from_chars(digits.data(), digits.data() + digits.size(), limit.original);
    }
    return limit;
}

// As a unit of a user's own systemd says, which leaves no mark on the group itself.
bool told_of_delegation() {
    const char* const text = std::getenv("SUPERD_DELEGATE");
    return text != nullptr && std::string_view{text} == "yes";
}

int run(const supervisor::Options& options, supervisor::Log& log) {
    boost::asio::io_context io{1};
    supervisor::Supervisor supervisor{io,
                                      {options.config, options.runtime, options.state,
                                       open_files(log), options.profiles, told_of_delegation()},
                                      log};
    if (!supervisor.start()) return supervisor.exit_code();
    control::Server server{io, os::Fd{keeper::control_fd}, supervisor};
    bus::Bus bus{io,
                 {supervisor.bus_address(), options.user, options.runtime},
                 supervisor,
                 [&log](const std::string& text) { log.warn(text); }};
    supervisor.go();
    io.run();
    bus.stop();
    server.stop();
    return supervisor.exit_code();
}

}  // namespace

int main(int argc, char** argv) {
    int exit_code = 0;
    const auto options = supervisor::parse_options(argc, argv, exit_code);
    if (!options) return exit_code;
    if (!options->print.empty()) return supervisor::print_document(options->print);
    if (options->speaks >= 0) {
        const bool fits = options->speaks == static_cast<int>(keeper::protocol_version) &&
                          (options->records < 0 || options->records == turn::record_version);
        return fits ? 0 : 1;
    }
    if (options->check) {
        return supervisor::check_configuration(options->config, options->profiles, options->json);
    }
    ignore_signals();
    // Services inherit ours, and are as any other. Only the keeper is spared when memory is short;
    // another of us is made easily.
    os::forgo_oom_protection();
    supervisor::Log log{STDERR_FILENO};
    try {
        return run(*options, log);
    } catch (const std::exception& error) {
        // The keeper starts another one, which goes on from the records.
        log.error(std::string{"supervisor: "} + error.what());
        std::abort();
    }
}
