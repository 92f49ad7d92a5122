#include "keeper/runtime.hpp"

#include "keeper/lock.hpp"
#include "keeper/notify_socket.hpp"
#include "keeper/report.hpp"
#include "os/refuse_descriptors.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
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

int address_of(const Options& options, std::string_view name, sockaddr_un& address) {
    Path path;
    path.add(options.runtime).add("/").add(name);
    address = {};
    address.sun_family = AF_UNIX;
    if (path.view().size() >= sizeof address.sun_path) {
        report("cannot use ", options.runtime, ": the path of a socket in it may have ",
               sizeof address.sun_path - 1, " bytes; choose a shorter one with --runtime-dir");
        return exit_cannot_create;
    }
    std::memcpy(address.sun_path, path.c_str(), path.view().size());
    return 0;
}

// Makes a listening socket anew. A stale one is in the way only: we hold the lock.
int open_socket(const Options& options, const char* name, int type, mode_t mode, os::Fd& fd) {
    sockaddr_un address{};
    if (const int status = address_of(options, name, address)) return status;
    if (fd) return 0;
    const char* const path = address.sun_path;
    ::unlink(path);
    fd = os::Fd{::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path, mode) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
        return cannot_create(path, errno, "choose another place with --runtime-dir");
    }
    return 0;
}

bool is_socket(const Options& options, std::string_view name) {
    Path path;
    path.add(options.runtime).add("/").add(name);
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// Sockets of a superd before us are of use as long as their paths still lead to them: another one
// may have run here since, without the service manager that kept them. All were bound together, and
// of the one for datagrams it is known at once whether somebody has it.
void drop_stale(const Options& options, const Path& notify, Runtime& runtime) {
    sockaddr_un address{};
    bool good = runtime.notify && address_of(options, notify.view(), address) == 0;
    if (good) {
        const os::Fd probe{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        good = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
                         sizeof address) == 0;
    }
    if (!good || !is_socket(options, notify.view())) runtime.notify.reset();
    if (!good || !is_socket(options, "logger.sock")) runtime.logger.reset();
    if (runtime.control_given) return;
    if (!good || !is_socket(options, "control.sock")) runtime.control.reset();
}

// Clients look for it in the runtime directory.
void check_given(const Options& options, const Runtime& runtime) {
    sockaddr_un expected{}, address{};
    socklen_t size = sizeof address;
    if (!runtime.control_given || address_of(options, "control.sock", expected) != 0) return;
    if (::getsockname(runtime.control.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
        std::strncmp(address.sun_path, expected.sun_path, sizeof address.sun_path) == 0) {
        return;
    }
    report("the control socket that superd was started with is not ", expected.sun_path,
           ", where superctl looks for it; mend ListenStream= of the socket's unit");
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
    Path notify;
    if (const int status = choose_notify_name(options, notify)) return status;
    drop_stale(options, notify, runtime);
    check_given(options, runtime);
    // Anybody may connect to the API: it decides by who they are.
    if (const int status =
            open_socket(options, "control.sock", SOCK_STREAM, 0666, runtime.control)) {
        return status;
    }
    // Clients have none to send, and what anybody sends would be closed by us.
    os::refuse_descriptors(runtime.control.get());
    sockaddr_un address{};
    if (const int status = address_of(options, notify.view(), address)) return status;
    if (const int status = open_notify(options, address.sun_path, runtime.notify)) return status;
    return open_socket(options, "logger.sock", SOCK_SEQPACKET, 0600, runtime.logger);
}

void remove_sockets(const Options& options, const Runtime& runtime) {
    Path notify;
    find_notify_name(options, notify);
    for (const std::string_view name :
         {std::string_view{"control.sock"}, notify.view(), std::string_view{"logger.sock"}}) {
        if (runtime.control_given && name == "control.sock") continue;
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
