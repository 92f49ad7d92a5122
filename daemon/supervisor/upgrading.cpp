// Another superd in the place of this one, with nothing touched that runs.
#include "os/file.hpp"
#include "supervisor/supervisor.hpp"
#include "turn/record_version.hpp"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {
namespace {

// For the answer to reach whoever asked: then this supervisor's time is over.
constexpr std::chrono::milliseconds farewell{200};
constexpr std::string_view deleted = " (deleted)";

std::string link_of(pid_t pid) {
    char text[4096];
    const std::string path = "/proc/" + std::to_string(pid) + "/exe";
    const ssize_t size = ::readlink(path.c_str(), text, sizeof text);
    return size > 0 ? std::string{text, static_cast<std::size_t>(size)} : std::string{};
}

Operations::Part part(std::string name, pid_t pid, std::string version) {
    Operations::Part out{std::move(name), pid, std::move(version), link_of(pid), false};
    out.outdated = out.program.ends_with(deleted);
    if (out.outdated) out.program.resize(out.program.size() - deleted.size());
    return out;
}

std::string text_in(const os::Fd& fd) {
    char text[512];
    const ssize_t size = fd ? ::pread(fd.get(), text, sizeof text, 0) : 0;
    std::string out{text, size > 0 ? static_cast<std::size_t>(size) : 0};
    while (out.ends_with('\n')) out.pop_back();
    return out;
}

}  // namespace

std::vector<Operations::Part> Supervisor::parts() const {
    return {part("keeper", welcome_.pid, welcome_.name),
            part("supervisor", ::getpid(), SUPERD_VERSION),
            part("logger", welcome_.logger_pid, "")};
}

std::string Supervisor::upgrade() {
    const std::string begin = "cannot upgrade superd: ";
    if (system_.shutting_down()) return begin + "it is stopping";
    if (welcome_.name[0] == '\0') {
        return begin + "its keeper is older than this; restart superd, its services run on";
    }
    // The one thing that is waited for here: some milliseconds, and ten seconds at the most.
    const auto answer = link_.check_upgrade(turn::record_version);
    settle_later();  // What else the keeper has said meanwhile stands in line.
    if (!answer) return begin + "the keeper is gone";
    if (answer->message.value != 0) {
        const auto why = text_in(answer->descriptors[0]);
        return begin + (why.empty() ? "the program that is installed does not fit" : why);
    }
    say("superd is being upgraded");
    publish();
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, farewell);
    timer->async_wait([this, timer](boost::system::error_code error) {
        if (!error) link_.upgrade();
    });
    return {};
}

}  // namespace superd::supervisor
