// Whoever may read a file may flock(2) it, and so keep superd from starting. What decides is
// therefore a lock that only a writer can have (F_OFD_SETLK), on a file that is ours alone. It is
// flock(2)ed too, for a superd of before, which knows only that; but that somebody else has done so
// counts only if it is such a superd, which the file tells.
#include "keeper/lock.hpp"

#include "keeper/report.hpp"
#include "keeper/text.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace superd::keeper {
namespace {

int cannot_create(const Path& path, int error, std::string_view next) {
    report("cannot create ", path, ": ", describe_error(error), "; ", next);
    return exit_cannot_create;
}

// A superd of ours; anybody may call a process of his so.
bool is_superd(pid_t pid) {
    Path path;
    path.add("/proc/").add(pid).add("/comm");
    const os::Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0 || status.st_uid != ::geteuid()) return false;
    char text[32];
    const ssize_t size = ::read(file.get(), text, sizeof text);
    return size > 0 && before({text, static_cast<std::size_t>(size)}, 7) == "superd\n";
}

// The superd that wrote itself into the file, if it lives; else 0.
pid_t holder(int lock) {
    char digits[16];
    const ssize_t size = ::pread(lock, digits, sizeof digits, 0);
    pid_t pid = 0;
    if (size > 0) std::from_chars(digits, digits + size, pid);
    return pid > 0 && pid != ::getpid() && is_superd(pid) ? pid : 0;
}

int already_taken(int lock, const Path& path, const Options& options) {
    if (const pid_t pid = holder(lock); pid != 0) {
        report("cannot start: another superd (pid ", pid, ") runs in ", options.runtime,
               "; stop it or give another --runtime-dir");
    } else {
        report("cannot start: ", path, " is locked, and not by the superd that it names; end what ",
               "`fuser ", path, "` shows, or give another --runtime-dir");
    }
    return exit_already_running;
}

bool try_lock(int lock) {
    struct flock all{};
    all.l_type = F_WRLCK;
    all.l_whence = SEEK_SET;
    if (::fcntl(lock, F_OFD_SETLK, &all) != 0) return false;
    return ::flock(lock, LOCK_EX | LOCK_NB) == 0 || holder(lock) == 0;
}

}  // namespace

int take_lock(const Options& options, os::Fd& lock) {
    Path path;
    path.add(options.runtime).add("/lock");
    lock = os::Fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    // A superd of before made it so that all could read it.
    if (!lock || ::fchmod(lock.get(), 0600) != 0) {
        return cannot_create(path, errno, "choose another with --runtime-dir");
    }
    // A killed keeper's child that has not come to its exec holds the lock a moment longer.
    constexpr timespec moment{0, 20'000'000};
    for (int tries = 50; !try_lock(lock.get()); --tries) {
        if (tries == 0) return already_taken(lock.get(), path, options);
        ::nanosleep(&moment, nullptr);
    }
    Line text;
    text.add(::getpid()).add("\n");
    if (::ftruncate(lock.get(), 0) != 0 ||
        ::pwrite(lock.get(), text.c_str(), text.view().size(), 0) < 0) {
        return cannot_create(path, errno, "free some space there");
    }
    return 0;
}

}  // namespace superd::keeper
