// superd: the keeper, parent of everything that superd runs.
#include "keeper/given.hpp"
#include "keeper/handover.hpp"
#include "keeper/keeper.hpp"
#include "keeper/options.hpp"
#include "keeper/prepare_cgroup.hpp"
#include "keeper/report.hpp"
#include "keeper/runtime.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <span>

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

// Another program in this process has left us everything. False: we begin as a new superd would,
// which takes over what runs by the records.
bool inherit(int state, Handover& handover, Held& held, Runtime& runtime) {
    const os::Fd owned{state};
    if (const char* const wrong = read_handover(state, handover, &held)) {
        report("cannot go on from the superd before: ", wrong, "; beginning anew");
        // All but the state, which is closed when we return.
        if (state > STDERR_FILENO + 1) {
            ::close_range(STDERR_FILENO + 1, static_cast<unsigned>(state) - 1, 0);
        }
        ::close_range(static_cast<unsigned>(state) + 1, ~0u, 0);
        return false;
    }
    runtime.lock = os::Fd{handover.lock};
    runtime.control = os::Fd{handover.control};
    runtime.notify = os::Fd{handover.notify};
    runtime.logger = os::Fd{handover.logger_socket};
    runtime.control_given = handover.control_given;
    keep_over_exec(handover, held, false);
    ::prctl(PR_SET_NAME, "superd");
    return true;
}

int keep(const Options& options, const Path& program, const Path& supervisor, const Path& logger) {
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
    Handover handover;
    const bool resumes =
        options.take_over >= 0 && inherit(options.take_over, handover, held, runtime);
    Manager manager{resumes ? handover.manager : manager_from_environment()};
    if (!resumes) {
        take_given(held, runtime, manager);
        if (const int status = open_runtime(options, runtime)) return status;
    }
    if (::chdir("/") != 0) report("cannot leave the current directory: ", describe_error(errno));
    // The supervisor's arguments are superd's own, too.
    Words own = words;
    own.all[0] = "superd";
    Keeper keeper{runtime,
                  held,
                  manager,
                  {"supervisor", words.all},
                  {"logger", logger_argv},
                  {program, std::span{own.all}.first(static_cast<std::size_t>(own.count))}};
    if (resumes) keeper.resume(handover);
    const int status = keeper.run();
    if (!keeper.services_stay()) remove_sockets(options, runtime);
    return status;
}

int answer_predecessor(const Options& options) {
    Path supervisor;
    Path logger;
    if (!find_part("superd-supervisor", supervisor) || !find_part("superd-logger", logger)) {
        print("superd-supervisor or superd-logger is missing beside the new superd");
        return exit_part_missing;
    }
    return can_take_over(options.can_take_over, supervisor, logger);
}

int run(int argc, char** argv) {
    fill_standard_descriptors();
    Options options;
    if (const int status = parse(argc, argv, options)) return status;
    if (options.help) return print(help_text), 0;
    if (options.version) return print("superd " SUPERD_VERSION "\n"), 0;
    if (options.prepare_cgroup) return prepare_cgroup();
    if (options.can_take_over >= 0) return answer_predecessor(options);
    if (const int status = find_directories(options)) return status;
    Path program;
    Path supervisor;
    Path logger;
    find_program(program);
    if (!find_part("superd-supervisor", supervisor)) return exit_part_missing;
    if (options.check) return check(options, supervisor);
    if (!find_part("superd-logger", logger)) return exit_part_missing;
    settle_process();
    // Who was executed in the place of another has the raised limit already.
    if (options.take_over < 0) raise_open_files();
    return keep(options, program, supervisor, logger);
}

}  // namespace
}  // namespace superd::keeper

int main(int argc, char** argv) { return superd::keeper::run(argc, argv); }
