// The real superd-logger, with the test in the parts of keeper, supervisor and services.
#pragma once

#include "logger/protocol.hpp"
#include "os/fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace superd::logger {

// A directory that is removed with all in it.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

class LoggerProcess {
public:
    // Logs to LOGDIR, by default a directory below the runtime directory.
    explicit LoggerProcess(std::string log_directory = {});
    LoggerProcess(const LoggerProcess&) = delete;
    LoggerProcess& operator=(const LoggerProcess&) = delete;
    ~LoggerProcess();  // Kills it.

    void start();
    void kill();      // SIGKILL, and waits for it.
    int terminate();  // SIGTERM; its wait status.
    void connect();   // As a new supervisor.
    // Both FIFOs of a run, opened as a service has them; "log/<run>.out" is the first.
    struct Pipes {
        os::Fd out;
        os::Fd err;
    };
    Pipes make_pipes(std::uint64_t run);

    void send(const Request& request, int descriptor = -1);
    // The next reply, of this kind: others are kept for later calls.
    template <class Kind>
    Kind expect();
    // The next reply of any kind.
    Reply next();

    std::string log_file(const std::string& unit, std::uint32_t index = 0) const;
    // Current and rotated files of an instance together, oldest first.
    std::string all_lines(const std::string& unit, std::uint32_t index = 0) const;
    // The response to a request for lines, as the client gets it.
    os::Fd serve(const Serve& request);

    pid_t pid() const { return pid_; }
    const std::string& runtime_directory() const { return directory_.path(); }
    const std::string& log_directory() const { return log_directory_; }

private:
    std::optional<Reply> take(std::size_t kind);
    Reply wait_reply(std::size_t kind);
    void receive();

    TemporaryDirectory directory_;
    std::string log_directory_;
    os::Fd listener_;
    os::Fd connection_;
    pid_t pid_ = 0;
    std::vector<Reply> unread_;
};

template <class Kind>
Kind LoggerProcess::expect() {
    return std::get<Kind>(wait_reply(Reply{Kind{}}.index()));
}

// Writes all of it.
void write_all(const os::Fd& fd, std::string_view bytes);
// Reads to the end, or until `enough` is in what was read.
std::string read_until(const os::Fd& fd, std::string_view enough = {});
std::string read_text_file(const std::string& path);
// The lines without their newlines.
std::vector<std::string> split_lines(std::string_view text);
// A run with pid 1000 + run and the default policy.
Open open_request(std::uint64_t run, const std::string& unit = "web");
// The text of a stored line, and of all of them.
std::string message_of(const std::string& line);
std::vector<std::string> messages_of(std::string_view text);

}  // namespace superd::logger
