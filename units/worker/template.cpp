#include "worker/template.hpp"

#include "os/fd.hpp"
#include "worker/identity.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <boost/json.hpp>

namespace superd::worker {

namespace json = boost::json;

namespace {

constexpr std::size_t message_max = 64 * 1024, settings_max = 1024 * 1024;
constexpr std::size_t descriptors_max = 253;  // The kernel's own limit, SCM_MAX_FD.

// The environment as the kernel laid it out, which /proc/PID/environ shows for ever.
char* initial_begin = nullptr;
char* initial_end = nullptr;

struct Request {
    std::uint64_t run = 0;
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::pair<std::string, os::Fd>> descriptors;

    os::Fd take(std::string_view name) {
        for (auto& [known, fd] : descriptors)
            if (known == name) return std::move(fd);
        return {};
    }
};

bool send(int socket, const json::object& message) {
    const std::string text = json::serialize(message);
    ssize_t sent = 0;
    while ((sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL)) < 0 && errno == EINTR) {}
    return sent >= 0;
}

// Receives a message with its descriptors. Empty at the end.
std::string receive(int socket, std::vector<os::Fd>& descriptors) {
    std::string text(message_max, '\0');
    alignas(cmsghdr) static char control[CMSG_SPACE(descriptors_max * sizeof(int))];
    iovec part{text.data(), text.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    ssize_t size = 0;
    while ((size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
    for (cmsghdr* part_of = CMSG_FIRSTHDR(&header); part_of;
         part_of = CMSG_NXTHDR(&header, part_of)) {
        if (part_of->cmsg_level != SOL_SOCKET || part_of->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part_of->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part_of) + i * sizeof(int), sizeof fd);
            descriptors.emplace_back(fd);
        }
    }
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

// Why the request cannot be understood; empty when it can. The run is set as soon as it is known.
std::string parse(const std::string& text, std::vector<os::Fd> fds, Request& request) {
    boost::system::error_code bad;
    const json::value root = json::parse(text, bad);
    const auto* object = bad ? nullptr : root.if_object();
    if (!object) return "cannot read the request: it is no JSON object";
    if (const auto* run = object->if_contains("run"))
        request.run = run->to_number<std::uint64_t>(bad);
    const auto* environment = object->if_contains("environment");
    if (environment && environment->is_object())
        for (const auto& [name, value] : environment->get_object())
            if (value.is_string()) request.environment.emplace_back(name, value.get_string());
    const auto* names = object->if_contains("descriptors");
    if (bad || !names || !names->is_array() || names->get_array().size() != fds.size())
        return "cannot read the request: its descriptors are not those that came with it";
    for (std::size_t i = 0; i < fds.size(); ++i) {
        const auto* name = names->get_array()[i].if_string();
        if (!name) return "cannot read the request: a descriptor has no name";
        request.descriptors.emplace_back(*name, std::move(fds[i]));
    }
    return {};
}

std::size_t thread_count() {
    std::error_code bad;
    std::size_t count = 0;
    for (auto entry = std::filesystem::directory_iterator{"/proc/self/task", bad};
         !bad && entry != std::filesystem::directory_iterator{}; entry.increment(bad))
        ++count;
    return count;
}

// fork(2), but the child's parent is that of the caller. What glibc's fork does besides, in a
// process of one thread, is to let the kernel store the child's number where glibc keeps it.
pid_t fork_sibling() {
    int* thread_number = nullptr;
    if (::prctl(PR_GET_TID_ADDRESS, &thread_number) != 0) return -1;
    return static_cast<pid_t>(
        ::syscall(SYS_clone, CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
                  nullptr, nullptr, thread_number, nullptr));
}

// Sets the variables. What preload() has kept of getenv(3)'s stays where it is, with what it said.
void take_environment(const Request& request) {
    for (const auto& [name, value] : request.environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::unsetenv("SUPERD_TEMPLATE");
    show_identity({initial_begin, initial_end}, request.environment);
}

std::string read_all(int fd) {
    std::string text(settings_max, '\0');
    std::size_t used = 0;
    ssize_t count = 0;
    while (used < text.size() && (count = ::pread(fd, text.data() + used, text.size() - used,
                                                  static_cast<off_t>(used))) > 0)
        used += static_cast<std::size_t>(count);
    text.resize(used);
    return text;
}

// Becomes the worker of a request, in the process that was forked for it.
int become_worker(int socket, Request request,
                  const std::function<int(std::string, Inputs)>& serve) {
    ::signal(SIGTERM, SIG_DFL);
    ::setsid();
    if (const os::Fd cgroup = request.take("cgroup"); cgroup)
        if (::write(cgroup.get(), "0", 1) < 0) log_line(2, "cannot enter the unit's control group");
    if (const os::Fd output = request.take("stdout"); output) ::dup2(output.get(), STDOUT_FILENO);
    if (const os::Fd errors = request.take("stderr"); errors) ::dup2(errors.get(), STDERR_FILENO);
    take_environment(request);
    // With nobody to hear it, nobody would know of this process: another is made in its place.
    if (!send(socket, {{"run", request.run}})) return 0;
    ::close(socket);

    Inputs inputs;
    const int settings = request.take("settings").release();
    inputs.page_fd = request.take("page").release();
    for (auto& [name, fd] : request.descriptors)
        if (fd && name.starts_with("listen."))
            inputs.passed.push_back({name.substr(7), fd.release()});
    inputs.read_settings = [settings]() -> Result<std::string> { return read_all(settings); };
    return serve(read_all(settings), std::move(inputs));
}

}  // namespace

void remember_environment() {
    char** last = ::environ;
    if (!last || !*last) return;
    initial_begin = initial_end = *last;
    // The strings follow each other: the first that does not ends the block.
    for (; *last && *last == initial_end; ++last) initial_end += std::strlen(*last) + 1;
}

int serve_template(int fd, const std::function<int(std::string, Inputs)>& serve) {
    ::signal(SIGTERM, [](int) { ::_exit(0); });
    if (!send(fd, {{"ready", true}})) return 0;
    for (;;) {
        std::vector<os::Fd> descriptors;
        const std::string text = receive(fd, descriptors);
        if (text.empty()) return 0;
        Request request;
        const std::string wrong = parse(text, std::move(descriptors), request);
        const auto refuse = [&](const std::string& why, bool permanent) {
            return send(fd, {{"run", request.run}, {"failed", why}, {"permanent", permanent}});
        };
        if (!wrong.empty()) {
            refuse(wrong, false);
        } else if (thread_count() != 1) {
            refuse(
                "cannot fork: the module has begun threads, of which a forked worker has only one; "
                "start them in the service's constructor, not in preload() or in static objects, "
                "or say "
                "preload = false",
                true);
        } else if (const std::uint64_t run = request.run; run == 0) {
            refuse("cannot fork: the request names no run", false);
        } else {
            // Or both would print it.
            std::fflush(nullptr);
            std::cout.flush();
            const pid_t pid = fork_sibling();
            if (pid == 0) return become_worker(fd, std::move(request), serve);
            if (pid < 0) refuse(std::string{"cannot fork: "} + std::strerror(errno), false);
        }
    }
}

}  // namespace superd::worker
