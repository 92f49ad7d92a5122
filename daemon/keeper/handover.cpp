#include "keeper/handover.hpp"

#include "keeper/report.hpp"
#include "os/child.hpp"
#include "os/clock.hpp"

#include <sys/mman.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace superd::keeper {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t answer_within = 10'000 * millisecond;
constexpr std::string_view yes_begin = "superd ", yes_end = " can take over\n";
constexpr int state_fd = 3;  // Of the program that is asked.
constexpr std::size_t batch = 64;

bool write_all(int fd, const void* bytes, std::size_t size) {
    const char* at = static_cast<const char*>(bytes);
    while (size > 0) {
        const ssize_t count = ::write(fd, at, size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        at += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

bool read_all(int fd, void* bytes, std::size_t size, off_t from) {
    char* at = static_cast<char*>(bytes);
    while (size > 0) {
        const ssize_t count = ::pread(fd, at, size, from);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        at += count;
        from += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

void keep(int fd, bool over_exec) { ::fcntl(fd, F_SETFD, over_exec ? 0 : FD_CLOEXEC); }

const char* restore(int fd, std::uint32_t names, Held& held) {
    Held::Entry entries[batch];
    off_t at = sizeof(Handover);
    while (names > 0) {
        const std::size_t count = names < batch ? names : batch;
        if (!read_all(fd, entries, count * sizeof entries[0], at)) return "its state is cut short";
        for (Held::Entry& each : std::span{entries}.first(count)) {
            if (each.count > descriptors_max || each.copied > descriptors_max ||
                each.stale > descriptors_max) {
                return "its state is damaged";
            }
            each.name[name_max - 1] = '\0';
            held.restore(each);
        }
        at += static_cast<off_t>(count * sizeof entries[0]);
        names -= static_cast<std::uint32_t>(count);
    }
    return nullptr;
}

// Its wait status; one that has not ended by then is killed.
int end_of(pid_t pid, std::int64_t until) {
    constexpr timespec moment{0, 5'000'000};
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(pid, &status, WNOHANG)) == 0 && os::monotonic_now() < until) {
        ::nanosleep(&moment, nullptr);
    }
    if (ended != 0) return ended == pid ? status : -1;
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

// Runs a part of superd to its end. True: it says that all is well.
bool says_yes(const char* const* argv) {
    os::ChildPlan plan;
    os::Fd nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    os::ChildDescriptor descriptors[] = {
        {nothing.get(), 0}, {nothing.get(), 1}, {nothing.get(), 2}};
    plan.argv = argv;
    plan.env = ::environ;
    plan.descriptors = descriptors;
    plan.parent_death_signal = SIGKILL;
    pid_t pid = 0;
    if (os::start_child(plan, &pid).error != 0) return false;
    return end_of(pid, os::monotonic_now() + answer_within / 4) == 0;
}

// What the program prints until it closes its end, or the time is up. False: it is not done.
bool listen(int fd, Text<512>& why, std::int64_t until) {
    for (;;) {
        const std::int64_t left = until - os::monotonic_now();
        pollfd readable{fd, POLLIN, 0};
        if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left / millisecond) + 1) < 0) {
            if (left > 0 && errno == EINTR) continue;
            return false;
        }
        char bytes[256];
        const ssize_t count = ::read(fd, bytes, sizeof bytes);
        if (count <= 0) return count == 0;
        why.add(std::string_view{bytes, static_cast<std::size_t>(count)});
    }
}

}  // namespace

os::Fd write_handover(const Handover& handover, const Held& held) {
    os::Fd state{::memfd_create("superd-keeper", MFD_CLOEXEC)};
    if (!state) return state;
    bool good = write_all(state.get(), &handover, sizeof handover);
    for (std::size_t i = 0; good && i < held.size(); ++i) {
        good = write_all(state.get(), &held.at(i), sizeof(Held::Entry));
    }
    return good ? std::move(state) : os::Fd{};
}

const char* read_handover(int fd, Handover& handover, Held* held) {
    const Handover ours;
    if (!read_all(fd, &handover, sizeof handover, 0)) return "its state is shorter than expected";
    if (std::memcmp(handover.magic, ours.magic, sizeof ours.magic) != 0) {
        return "what it was given is no state of superd's";
    }
    if (handover.version != ours.version) return "its state is of another version";
    if (handover.size != ours.size || handover.entry_size != ours.entry_size) {
        return "its state has another layout";
    }
    if (handover.names > Held::names_max) return "it holds more descriptors than this one can";
    return held != nullptr ? restore(fd, handover.names, *held) : nullptr;
}

void keep_over_exec(const Handover& handover, const Held& held, bool over_exec) {
    for (const int fd : {handover.lock, handover.control, handover.notify, handover.logger_socket,
                         handover.conversation.link}) {
        if (fd >= 0) keep(fd, over_exec);
    }
    for (std::size_t i = 0; i < held.size(); ++i) {
        for (const int fd : held.at(i).descriptors()) keep(fd, over_exec);
    }
}

int can_take_over(int fd, const Path& supervisor, const Path& logger) {
    Line answer;
    const auto refuse = [&](auto... parts) {
        (answer.add(parts), ...);
        answer.add("\n");
        write_all(STDOUT_FILENO, answer.c_str(), answer.view().size());
        return 1;
    };
    Handover handover;
    if (const char* const wrong = read_handover(fd, handover, nullptr)) {
        return refuse("superd " SUPERD_VERSION " cannot take over from the one that runs: ", wrong);
    }
    Text<24> protocol, records;
    protocol.add(protocol_version);
    records.add(handover.records);
    const char* const asked[] = {supervisor.c_str(), "--speaks",      protocol.c_str(),
                                 "--records",        records.c_str(), nullptr};
    if (!says_yes(asked)) {
        return refuse(supervisor.view(), " cannot go on from here: it does not run, does not fit ",
                      "this superd, or cannot read the records of the one that runs");
    }
    const char* const version[] = {logger.c_str(), "--version", nullptr};
    if (!says_yes(version)) return refuse(logger.view(), " cannot be run");
    answer.add(yes_begin).add(SUPERD_VERSION).add(yes_end);
    return write_all(STDOUT_FILENO, answer.c_str(), answer.view().size()) ? 0 : 1;
}

bool ask_whether_it_can(int program, int state, Text<512>& why) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        why.add("no pipe can be made: ").add(std::string_view{describe_error(errno)});
        return false;
    }
    const os::Fd theirs{ends[0]};
    os::Fd its{ends[1]};
    // By the descriptor: what is asked is what will be executed, whatever its name is by then.
    Text<64> path;
    path.add("/proc/self/fd/4");
    const char* const argv[] = {path.c_str(), "--can-take-over", "3", nullptr};
    os::ChildDescriptor descriptors[] = {
        {0, 0}, {its.get(), 1}, {2, 2}, {state, state_fd}, {program, 4}};
    os::ChildPlan plan;
    plan.argv = argv;
    plan.env = ::environ;
    plan.descriptors = descriptors;
    plan.parent_death_signal = SIGKILL;
    pid_t pid = 0;
    const os::ChildFailure failure = os::start_child(plan, &pid);
    if (failure.error != 0) {
        why.add("the program cannot be run: ").add(std::string_view{describe_error(failure.error)});
        return false;
    }
    its.reset();
    const std::int64_t until = os::monotonic_now() + answer_within;
    const bool ended = listen(theirs.get(), why, until);
    const int status = end_of(pid, until);
    // Other programs may end well, too.
    const bool yes = why.view().starts_with(yes_begin) && why.view().ends_with(yes_end);
    if (ended && status == 0 && yes) return true;
    if (status == 0) why.clear();
    if (!ended) why.add("the program has not answered for 10 s");
    if (why.empty()) {
        why.add("the program does not answer as a superd that can be upgraded to");
        if (WIFSIGNALED(status)) {
            why.add(" (it ended by ").add(describe_signal(WTERMSIG(status))).add(")");
        } else {
            why.add(" (exit ").add(WEXITSTATUS(status)).add(")");
        }
    }
    return false;
}

}  // namespace superd::keeper
