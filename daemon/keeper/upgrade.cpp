// The keeper gives way to another program in its own process: pid, children and
// descriptors stay.
#include "keeper/keeper.hpp"
#include "keeper/report.hpp"
#include "os/clock.hpp"

#include <sys/mman.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace superd::keeper {
namespace {

constexpr std::int64_t logger_within = 10'000'000'000;
constexpr int upgrade_check = 1, upgrade_go = 2;

os::Fd text_of(std::string_view text) {
    os::Fd file{::memfd_create("superd-upgrade", MFD_CLOEXEC)};
    if (file && ::write(file.get(), text.data(), text.size()) < 0) file.reset();
    return file;
}

}  // namespace

void Keeper::upgrade(const Message& message) {
    if (message.value == upgrade_check) return check_upgrade(message.code);
    if (message.value == upgrade_go && program_ && !finishing_) execute_successor();
}

void Keeper::check_upgrade(std::int32_t records) {
    records_ = records;
    program_.reset();
    Text<512> why;
    os::Fd program{::open(successor_.program.c_str(), O_RDONLY | O_CLOEXEC)};
    if (finishing_) {
        why.add("superd is stopping");
    } else if (!program) {
        why.add("cannot open ").add(successor_.program).add(": ");
        why.add(std::string_view{describe_error(errno)});
    } else if (const os::Fd state = write_handover(handover(), held_); !state) {
        why.add("cannot write down what superd holds: ");
        why.add(std::string_view{describe_error(errno)});
    } else if (ask_whether_it_can(program.get(), state.get(), why)) {
        program_ = std::move(program);
        return conversation_.answer_upgrade(true, os::Fd{});
    }
    conversation_.answer_upgrade(false, text_of(why.view()));
}

Handover Keeper::handover() const {
    Handover state;
    state.names = static_cast<std::uint32_t>(held_.size());
    state.records = records_;
    state.lock = runtime_.lock.get();
    state.control = runtime_.control.get();
    state.notify = runtime_.notify.get();
    state.logger_socket = runtime_.logger.get();
    state.control_given = runtime_.control_given;
    state.manager = manager_.state();
    state.started_realtime = started_realtime_;
    state.supervisor = supervisor_.state();
    state.logger = logger_.state();
    state.conversation = conversation_.state();
    return state;
}

// Returns only if that cannot be: then nothing has changed.
void Keeper::execute_successor() {
    constexpr std::size_t arguments_max = 64;
    // What the supervisor has said by now; the rest is in the link, which is handed over.
    conversation_.flush();
    const Handover state = handover();
    const os::Fd file = write_handover(state, held_);
    const os::Fd program = std::move(program_);
    Text<24> number;
    number.add(file.get());
    const char* argv[arguments_max];
    std::size_t count = 0;
    for (const char* const each : successor_.arguments) argv[count++] = each;
    argv[count++] = "--take-over";
    argv[count++] = number.c_str();
    argv[count] = nullptr;
    int error = errno;
    if (file) {
        keep_over_exec(state, held_, true);
        ::fcntl(file.get(), F_SETFD, 0);
        // What was asked, whatever its path leads to by now. A script cannot be run so: it would
        // only be found out when we are gone.
        ::execveat(program.get(), "", const_cast<char* const*>(argv), ::environ, AT_EMPTY_PATH);
        error = errno;
        keep_over_exec(state, held_, false);
    }
    report("cannot upgrade superd: ", describe_error(error), "; everything is as it was");
}

void Keeper::resume(const Handover& state) {
    resumed_ = true;
    records_ = state.records;
    started_realtime_ = state.started_realtime;
    supervisor_.restore(state.supervisor);
    logger_.restore(state.logger);
    conversation_.restore(state.conversation);
    report("superd " SUPERD_VERSION " goes on in the place of the one before");
    supervisor_.replace(SIGKILL);
    logger_.replace(SIGTERM);
    logger_.kill_at(os::monotonic_now() + logger_within);
}

}  // namespace superd::keeper
