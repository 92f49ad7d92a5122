// superd-logger: drains the services' FIFOs into log files. Started by superd,
// with the listening socket of the supervisor's connection as descriptor 3.
#include "base/overloaded.hpp"
#include "logger/drainer.hpp"
#include "logger/link.hpp"
#include "logger/server.hpp"
#include "os/limits.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::logger {
namespace {

constexpr int listener_descriptor = 3;
constexpr int stop_seconds = 5;

struct Options {
    std::string runtime_directory;
    std::string log_directory;
};

// The process: the event loop and what runs beside it.
class Logger {
public:
    explicit Logger(Options options)
        : options_{std::move(options)},
          link_{loop_, os::Fd{listener_descriptor}, [this](Request request, os::Fd descriptor) {
                    handle(std::move(request), std::move(descriptor));
                }} {}

    // Serves until SIGTERM. False if the disk did not take everything in time.
    Result<bool> run() {
        auto drainer = Drainer::create({.runtime_directory = options_.runtime_directory,
                                        .log_directory = options_.log_directory,
                                        .foreground = STDOUT_FILENO,
                                        .tell = [this](const Reply& reply) { link_.tell(reply); },
                                        .watch = [this] { watch(); },
                                        .disk = &disk_});
        if (!drainer) return std::unexpected{std::move(drainer.error())};
        drainer_ = std::move(*drainer);
        server_ = std::make_unique<Server>(options_.log_directory, *drainer_);
        boost::asio::signal_set terminate{loop_, SIGTERM};
        terminate.async_wait([this](const auto&, int) { loop_.stop(); });
        link_.start();
        loop_.run();
        server_.reset();
        return drainer_->stop(stop_seconds);
    }

private:
    void handle(Request request, os::Fd descriptor) {
        std::visit(Overloaded{
                       [&](const Open& open) {
                           if (valid_unit_name(open.unit)) return drainer_->open(open);
                           link_.tell(Trouble{"cannot log run " + std::to_string(open.run) +
                                              ": its unit has no name that a directory may have"});
                       },
                       [&](const Drain& drain) { drainer_->drain(drain.run); },
                       [&](const Close& close) { drainer_->close(close.run); },
                       [&](const Reopen&) { drainer_->reopen(); },
                       [&](Serve& serve) {
                           if (descriptor) server_->serve(std::move(serve), std::move(descriptor));
                       },
                   },
                   request);
    }

    // Any thread: there is work, so see to it that the disk does not hold it up.
    void watch() {
        boost::asio::post(loop_, [this] {
            if (!std::exchange(watching_, true)) look_again(std::chrono::milliseconds{100});
        });
    }

    void look_again(std::chrono::milliseconds after) {
        timer_.expires_after(after);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            switch (drainer_->relieve()) {
                case Drainer::Watch::idle: watching_ = false; return;
                case Drainer::Watch::working: return look_again(std::chrono::milliseconds{100});
                case Drainer::Watch::hanging: return look_again(std::chrono::milliseconds{5});
            }
        });
    }

    const Options options_;
    Disk disk_;
    boost::asio::io_context loop_{1};
    boost::asio::steady_timer timer_{loop_};
    bool watching_ = false;
    Link link_;
    std::unique_ptr<Drainer> drainer_;
    std::unique_ptr<Server> server_;
};

// Both are superd's to give; nobody else starts this program.
bool parse(int argc, char** argv, Options& options) {
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name{argv[i]};
        if (name == "--runtime-dir") {
            options.runtime_directory = argv[i + 1];
        } else if (name == "--log-dir") {
            options.log_directory = argv[i + 1];
        } else {
            return false;
        }
    }
    return argc % 2 == 1 && !options.runtime_directory.empty() && !options.log_directory.empty();
}

void prepare_process() {
    // One arena, and memory given back early: this process is idle most of the time.
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
    ::mallopt(M_TRIM_THRESHOLD, 64 * 1024);
    ::umask(0027);
    // ^C goes to the whole foreground group, but it is superd that decides.
    for (const int signal : {SIGPIPE, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT})
        ::signal(signal, SIG_IGN);
}

int run(int argc, char** argv) {
    Options options;
    if (argc == 2 && std::string_view{argv[1]} == "--version") {
        std::puts("superd-logger " SUPERD_VERSION);
        return 0;
    }
    if (!parse(argc, argv, options)) {
        std::fputs(
            "superd-logger is started by superd: superd-logger --runtime-dir DIR "
            "--log-dir DIR, with a listening socket as descriptor 3\n",
            stderr);
        return 2;
    }
    prepare_process();
    (void)os::raise_open_files_limit();
    if (::fcntl(listener_descriptor, F_SETFD, FD_CLOEXEC) != 0) {
        std::fputs("superd-logger: cannot use descriptor 3: it is not open\n", stderr);
        return 2;
    }
    auto finished = Logger{std::move(options)}.run();
    if (!finished) {
        std::fprintf(stderr, "superd-logger: %s\n", finished.error().message().c_str());
        return 1;
    }
    // A thread that hangs in the disk would hold up a return from main.
    if (!*finished) ::_exit(1);
    return 0;
}

}  // namespace
}  // namespace superd::logger

int main(int argc, char** argv) {
    try {
        return superd::logger::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "superd-logger: %s\n", error.what());
        return 1;
    }
}
