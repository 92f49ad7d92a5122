#include "keeper/runtime.hpp"

#include "keeper/report.hpp"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace superd::keeper {
namespace {

int cannot_create(std::string_view path, int error, std::string_view next) {
    report("cannot create ", path, ": ", describe_error(error), "; ", next);
    return exit_cannot_create;
}

// Makes the directory and what is missing above it.
int make_directory(const Path& path, mode_t mode, const char* option) {
    Line next;
    next.add("choose another with ").add(option);
    Path part;
    std::string_view rest = path.view();
    while (!rest.empty()) {
        const std::size_t end = rest.find('/', 1);
        part.add(before(rest, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
        if (::mkdir(part.c_str(), rest.empty() ? mode : 0755) == 0) continue;
        const int error = errno;
        struct stat status{};
        // EACCES, EROFS and the like are said of what exists, too.
        if (::stat(part.c_str(), &status) == 0) {
            if (S_ISDIR(status.st_mode)) continue;
            return cannot_create(path.view(), ENOTDIR, next.view());
        }
        return cannot_create(path.view(), error, next.view());
    }
    return 0;
}

// In /tmp anybody may have made it before us.
int refuse_strangers(const Path& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
        status.st_uid == ::getuid() && (status.st_mode & 0777) == 0700) {
        return 0;
    }
    report("cannot use ", path, ": it must be a directory of ours with mode 0700; ",
           "set XDG_RUNTIME_DIR or give --runtime-dir DIR");
    return exit_cannot_create;
}

int already_running(int lock, const Options& options) {
    char digits[16] = {};
    const ssize_t size = ::pread(lock, digits, sizeof digits - 1, 0);
    std::string_view pid{digits, size > 0 ? static_cast<std::size_t>(size) : 0};
    pid = before(pid, pid.find('\n'));
    report("cannot start: another superd (pid ", pid.empty() ? "unknown" : pid, ") runs in ",
           options.runtime, "; stop it or give another --runtime-dir");
    return exit_already_running;
}

int take_lock(const Options& options, os::Fd& lock) {
    Path path;
    path.add(options.runtime).add("/lock");
    lock = os::Fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!lock) return cannot_create(path.view(), errno, "choose another with --runtime-dir");
    // A killed keeper's child that has not come to its exec holds the lock a moment longer.
    constexpr timespec moment{0, 20'000'000};
    for (int tries = 50; ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0; --tries) {
        if (tries == 0) return already_running(lock.get(), options);
        ::nanosleep(&moment, nullptr);
    }
    Line text;
    text.add(::getpid()).add("\n");
    if (::ftruncate(lock.get(), 0) != 0 ||
        ::pwrite(lock.get(), text.c_str(), text.view().size(), 0) < 0) {
        return cannot_create(path.view(), errno, "free some space there");
    }
    return 0;
}

// Binds a socket anew. A stale one is in the way only: we hold the lock.
int open_socket(const Options& options, const char* name, int type, mode_t mode, os::Fd& fd) {
    Path path;
    path.add(options.runtime).add("/").add(name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.view().size() >= sizeof address.sun_path) {
        report("cannot use ", options.runtime, ": the path of a socket in it may have ",
               sizeof address.sun_path - 1, " bytes; choose a shorter one with --runtime-dir");
        return exit_cannot_create;
    }
    std::memcpy(address.sun_path, path.c_str(), path.view().size());
    ::unlink(path.c_str());
    fd = os::Fd{::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
    const int on = 1;
    const bool datagram = type == SOCK_DGRAM;
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), mode) != 0 ||
        (datagram && ::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) ||
        (!datagram && ::listen(fd.get(), SOMAXCONN) != 0)) {
        return cannot_create(path.view(), errno, "choose another place with --runtime-dir");
    }
    return 0;
}

int make_directories(const Options& options) {
    const mode_t runtime_mode = options.runtime_in_tmp ? 0700 : 0755;
    if (const int status = make_directory(options.runtime, runtime_mode, "--runtime-dir")) {
        return status;
    }
    if (options.runtime_in_tmp) {
        if (const int status = refuse_strangers(options.runtime)) return status;
    }
    // What services write and what they are given is for them and the administrator.
    if (const int status = make_directory(options.state, 0700, "--state-dir")) return status;
    if (const int status = make_directory(options.log, 0750, "--log-dir")) return status;
    Path fifos;
    fifos.add(options.runtime).add("/log");
    return make_directory(fifos, 0700, "--runtime-dir");
}

bool executable(const Path& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

int open_runtime(const Options& options, Runtime& runtime) {
    if (const int status = make_directories(options)) return status;
    if (const int status = take_lock(options, runtime.lock)) return status;
    // Anybody may connect to the API: it decides by who they are.
    if (const int status =
            open_socket(options, "control.sock", SOCK_STREAM, 0666, runtime.control)) {
        return status;
    }
    if (const int status = open_socket(options, "notify.sock", SOCK_DGRAM, 0666, runtime.notify)) {
        return status;
    }
    return open_socket(options, "logger.sock", SOCK_SEQPACKET, 0600, runtime.logger);
}

void remove_sockets(const Options& options) {
    for (const char* name : {"control.sock", "notify.sock", "logger.sock"}) {
        Path path;
        path.add(options.runtime).add("/").add(name);
        ::unlink(path.c_str());
    }
}

void find_program(Path& path) {
    char own[4096];
    const ssize_t size = ::readlink("/proc/self/exe", own, sizeof own);
    path.clear();
    if (size <= 0) return;
    // As the kernel says once another file has taken its name.
    constexpr std::string_view gone = " (deleted)";
    std::string_view program{own, static_cast<std::size_t>(size)};
    if (program.ends_with(gone)) program = before(program, program.size() - gone.size());
    path.add(program);
}

bool find_part(const char* name, Path& path) {
    char own[4096];
    const ssize_t size = ::readlink("/proc/self/exe", own, sizeof own);
    if (size <= 0) {
        report("cannot find ", name, ": /proc/self/exe: ", describe_error(errno));
        return false;
    }
    const std::string_view program{own, static_cast<std::size_t>(size)};
    const std::string_view directory = before(program, program.rfind('/'));
    path.clear();
    path.add(directory).add("/").add(name);
    if (executable(path)) return true;
    path.clear();
    path.add(before(directory, directory.rfind('/'))).add("/libexec/superd/").add(name);
    if (executable(path)) return true;
    report("cannot find ", name, ": it is neither in ", directory, " nor at ", path,
           "; install superd again");
    return false;
}

}  // namespace superd::keeper
