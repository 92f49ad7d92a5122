#include "keeper/given.hpp"

#include "keeper/parking.hpp"
#include "keeper/report.hpp"

#include <sys/socket.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace superd::keeper {
namespace {

constexpr int first_given = 3;  // SD_LISTEN_FDS_START

int number(const char* digits) {
    int value = 0;
    if (digits == nullptr || *digits == '\0') return -1;
    for (; *digits != '\0'; ++digits) {
        if (*digits < '0' || *digits > '9' || value > 99'999'999) return -1;
        value = value * 10 + (*digits - '0');
    }
    return value;
}

// What a supervisor holds with its keeper, by the first word of the name.
bool is_held(std::string_view name) {
    constexpr std::string_view kinds[] = {"fd.", "listen.", "log.", "page.", "pidfd.", "ready."};
    return name.size() < name_max && std::ranges::any_of(
                                         kinds,
                                         [&](std::string_view kind) {
                                             return name.starts_with(kind) &&
                                                    name.size() > kind.size();
                                         });
}

bool has(int fd, int option, int wanted) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

class Taking {
public:
    Taking(Held& held, Runtime& runtime) : held_{held}, runtime_{runtime} {}

    // False: it is nothing of ours.
    bool take(std::string_view name, os::Fd fd) {
        if (name == activated_control) return take_control(std::move(fd));
        if (os::Fd* const socket = own_socket(name)) {
            if (!*socket) *socket = std::move(fd);
            return true;
        }
        const bool half = name.starts_with("1.") || name.starts_with("2.");
        const std::size_t which = half ? static_cast<std::size_t>(name[0] - '1') : 0;
        if (half) name.remove_prefix(2);
        if (!is_held(name)) return false;
        Text<name_max> text;
        text.add(name);
        if (half) {
            // A second one of the same name is an older one that nobody has forgotten yet.
            held_.hold_half(text.c_str(), which, std::move(fd));
        } else if (held_.find(text.c_str()) == nullptr) {
            held_.hold(text.c_str(), {&fd, 1});
        }
        return true;
    }

    // Half a pair is of no use.
    void settle() {
        for (std::size_t i = 0; i < held_.size(); ++i) {
            held_.settle(i, true);
            if (!Held::complete(held_.at(i))) held_.release(held_.at(i).name);
        }
    }

private:
    bool take_control(os::Fd fd) {
        if (!has(fd.get(), SO_DOMAIN, AF_UNIX) || !has(fd.get(), SO_TYPE, SOCK_STREAM) ||
            !has(fd.get(), SO_ACCEPTCONN, 1)) {
            return false;
        }
        runtime_.control = std::move(fd);
        runtime_.control_given = true;
        return true;
    }

    os::Fd* own_socket(std::string_view name) {
        if (name == stored_control) return &runtime_.control;
        if (name == stored_notify) return &runtime_.notify;
        return name == stored_logger ? &runtime_.logger : nullptr;
    }

    Held& held_;
    Runtime& runtime_;
};

void refuse(std::string_view name, Manager& manager) {
    report("cannot use the descriptor \"", name, "\" that superd was started with: ",
           name == activated_control ? "it is no listening Unix stream socket"
                                     : "superd knows none of that name",
           "; it is closed");
    Text<512> text;
    text.add("FDSTOREREMOVE=1\nFDNAME=").add(name);
    if (!text.cut()) static_cast<void>(manager.send(text.view(), {}));
}

}  // namespace

void take_given(Held& held, Runtime& runtime, Manager& manager) {
    const int count = number(::getenv("LISTEN_FDS"));
    const bool ours = number(::getenv("LISTEN_PID")) == ::getpid();
    const char* const names = ::getenv("LISTEN_FDNAMES");
    std::string_view rest = names != nullptr ? names : "";
    Taking taking{held, runtime};
    for (int i = 0; ours && i < count; ++i) {
        const std::size_t end = rest.find(':');
        const std::string_view name = before(rest, end);
        rest = end == std::string_view::npos ? std::string_view{} : from(rest, end + 1);
        if (::fcntl(first_given + i, F_SETFD, FD_CLOEXEC) != 0) break;
        if (!taking.take(name, os::Fd{first_given + i})) refuse(name, manager);
    }
    taking.settle();
    for (const char* const each : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) ::unsetenv(each);
}

}  // namespace superd::keeper
