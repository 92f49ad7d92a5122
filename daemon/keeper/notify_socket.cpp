#include "keeper/notify_socket.hpp"

#include "keeper/report.hpp"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace superd::keeper {
namespace {

constexpr std::string_view directory = "notify/";
// Of superd before it had others. Services that it started, and that run, write there.
constexpr std::string_view old_name = "notify.sock";
constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t name_size = 22;  // 132 bits.

int cannot_make(std::string_view path, int error) {
    report("cannot create ", path, ": ", describe_error(error),
           "; choose another place with --runtime-dir");
    return exit_cannot_create;
}

void in_runtime(const Options& options, std::string_view name, Path& path) {
    path.clear();
    path.add(options.runtime).add("/").add(name);
}

bool read_name(const Options& options, Path& name) {
    Path path;
    in_runtime(options, "notify.path", path);
    const os::Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    char text[directory.size() + name_size + 1];
    if (!file || ::read(file.get(), text, sizeof text) != sizeof text) return false;
    std::string_view found{text, sizeof text - 1};
    if (!found.starts_with(directory)) return false;
    if (from(found, directory.size()).find_first_not_of(letters) != std::string_view::npos) {
        return false;
    }
    name.clear();
    name.add(found);
    return true;
}

// A superd that knew no other name has run here, and has left services that run.
bool is_old(const Options& options) {
    Path path;
    in_runtime(options, old_name, path);
    return ::access(path.c_str(), F_OK) == 0;
}

int invent(const Options& options, Path& name) {
    Path path;
    in_runtime(options, "notify.path", path);
    unsigned char random[name_size];
    char text[name_size];
    if (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
        return cannot_make(path.view(), errno);
    }
    for (std::size_t i = 0; i < name_size; ++i) text[i] = letters[random[i] % letters.size()];
    name.clear();
    name.add(directory).add(std::string_view{text, sizeof text});
    Path line;
    line.add(name).add("\n");
    ::unlink(path.c_str());
    const os::Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    const auto size = static_cast<ssize_t>(line.view().size());
    if (!file || ::write(file.get(), line.c_str(), line.view().size()) != size) {
        return cannot_make(path.view(), errno);
    }
    return 0;
}

// /proc/net/unix shows to everybody the name that a socket was bound by: that is not the one it has
// afterwards. Until then nobody else may write to it.
bool bind_under(const os::Fd& fd, const sockaddr_un& bound, const char* path) {
    ::unlink(bound.sun_path);
    const mode_t before = ::umask(0177);
    const bool is_bound =
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&bound), sizeof bound) == 0;
    const int error = errno;
    ::umask(before);
    errno = error;
    return is_bound && ::rename(bound.sun_path, path) == 0 && ::chmod(path, 0666) == 0;
}

}  // namespace

void find_notify_name(const Options& options, Path& name) {
    if (read_name(options, name)) return;
    name.clear();
    name.add(old_name);
}

int choose_notify_name(const Options& options, Path& name) {
    find_notify_name(options, name);
    if (name.view() == old_name && !is_old(options)) return invent(options, name);
    return 0;
}

int open_notify(const Options& options, const char* path, os::Fd& fd) {
    if (fd) return 0;
    Path place;
    in_runtime(options, "notify", place);
    // Those who know a name in it may reach that, and nobody may look for one.
    if ((::mkdir(place.c_str(), 0711) != 0 && errno != EEXIST) ||
        ::chmod(place.c_str(), 0711) != 0) {
        return cannot_make(place.view(), errno);
    }
    place.add("/new");
    sockaddr_un bound{};
    bound.sun_family = AF_UNIX;
    if (place.view().size() >= sizeof bound.sun_path) return cannot_make(path, ENAMETOOLONG);
    std::memcpy(bound.sun_path, place.c_str(), place.view().size());
    fd = os::Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const int on = 1;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        !bind_under(fd, bound, path)) {
        return cannot_make(path, errno);
    }
    return 0;
}

}  // namespace superd::keeper
