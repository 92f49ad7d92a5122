// superd: the keeper, parent of everything that superd runs.
#include "keeper/keeper.hpp"
#include "keeper/options.hpp"
#include "keeper/report.hpp"
#include "keeper/runtime.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

namespace superd::keeper {
namespace {

void print(std::string_view text) {
    [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
}

// Started with one of 0, 1, 2 closed, our sockets would take its number and
// the helpers would write their messages into them.
void fill_standard_descriptors() {
    int fd = 0;
    do {
        fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    ::close(fd);
}

// What we inherited may be anything: an ignored SIGCHLD would lose every exit.
void settle_process() {
    ::signal(SIGCHLD, SIG_DFL);
    ::signal(SIGPIPE, SIG_IGN);
    const sigset_t kept = kept_signals();
    ::sigprocmask(SIG_BLOCK, &kept, nullptr);
    ::umask(022);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

// Helpers inherit the raised limit; services should start with the one that we
// were started with, which only we know.
void raise_open_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    Text<24> original;
    original.add(limit.rlim_cur);
    ::setenv("SUPERD_OPEN_FILES", original.c_str(), 1);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// The words of a command, and a null pointer after the last.
struct Words {
    static constexpr int most = 40;
    static_assert(most > 16 + 2 * Options::profiles_max);
    const char* all[most] = {};
    int count = 0;

    void add(const char* word) { all[count++] = word; }
    void add_profiles(const Options& options) {
        for (int i = 0; options.profiles[i] != nullptr; ++i) {
            add("--profile");
            add(options.profiles[i]);
        }
    }
};

int check(const Options& options, const Path& supervisor) {
    Words words;
    for (const char* const word :
         {supervisor.c_str(), "--check", "--config", options.config.c_str()}) {
        words.add(word);
    }
    words.add_profiles(options);
    if (options.json) words.add("--json");
    ::execv(supervisor.c_str(), const_cast<char* const*>(words.all));
    report("cannot run ", supervisor, ": ", describe_error(errno));
    return exit_part_missing;
}

int keep(const Options& options, const Path& supervisor, const Path& logger) {
    Words words;
    for (const char* const word : {supervisor.c_str(), "--config", options.config.c_str(),
                                   "--runtime-dir", options.runtime.c_str(), "--state-dir",
                                   options.state.c_str(), "--log-dir", options.log.c_str()}) {
        words.add(word);
    }
    words.add_profiles(options);
    if (options.user) words.add("--user");
    const char* const logger_argv[] = {
        logger.c_str(), "--runtime-dir",     options.runtime.c_str(),
        "--log-dir",    options.log.c_str(), nullptr,
    };
    static constinit Held held;  // Megabytes of zero pages; too much for the stack.
    Runtime runtime;
    if (const int status = open_runtime(options, runtime)) return status;
    if (::chdir("/") != 0) report("cannot leave the current directory: ", describe_error(errno));
    Keeper keeper{runtime, held, {"supervisor", words.all}, {"logger", logger_argv}};
    const int status = keeper.run();
    remove_sockets(options);
    return status;
}

int run(int argc, char** argv) {
    fill_standard_descriptors();
    Options options;
    if (const int status = parse(argc, argv, options)) return status;
    if (options.help) return print(help_text), 0;
    if (options.version) return print("superd " SUPERD_VERSION "\n"), 0;
    if (const int status = find_directories(options)) return status;
    Path supervisor;
    Path logger;
    if (!find_part("superd-supervisor", supervisor)) return exit_part_missing;
    if (options.check) return check(options, supervisor);
    if (!find_part("superd-logger", logger)) return exit_part_missing;
    settle_process();
    raise_open_files();
    return keep(options, supervisor, logger);
}

}  // namespace
}  // namespace superd::keeper

int main(int argc, char** argv) { return superd::keeper::run(argc, argv); }
