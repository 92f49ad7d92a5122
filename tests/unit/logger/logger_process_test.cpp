// The harness; the tests are in process_*_test.cpp.
#include "tests/unit/logger/logger_process.hpp"

#include "logger/format.hpp"
#include "logger/history.hpp"
#include "os/message.hpp"
#include "os/socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace superd::logger {
namespace {

constexpr int patience_ms = 60'000;

[[noreturn]] void give_up(const std::string& what) {
    throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

std::string logger_binary() {
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    return self.parent_path().parent_path() / "bin" / "superd-logger";
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
    char path[] = "/tmp/sdlog.XXXXXX";
    if (::mkdtemp(path) == nullptr) give_up("mkdtemp");
    path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

LoggerProcess::LoggerProcess(std::string log_directory)
    : log_directory_{log_directory.empty() ? directory_.path() + "/l" : std::move(log_directory)} {
    ::mkdir((directory_.path() + "/log").c_str(), 0700);
    ::mkdir(log_directory_.c_str(), 0750);
    auto listener = os::listen_unix(os::SocketType::seqpacket, directory_.path() + "/s", 0600);
    if (!listener) throw std::runtime_error(listener.error().message());
    listener_ = std::move(*listener);
}

LoggerProcess::~LoggerProcess() {
    if (pid_ != 0) kill();
}

void LoggerProcess::start() {
    const std::string binary = logger_binary();
    const std::string& runtime = directory_.path();
    const char* arguments[] = {binary.c_str(), "--runtime-dir",        runtime.c_str(),
                               "--log-dir",    log_directory_.c_str(), nullptr};
    pid_ = ::fork();
    if (pid_ < 0) give_up("fork");
    if (pid_ > 0) return;
    ::dup2(::open("/dev/null", O_RDWR), 1);
    if (listener_.get() == 3) {
        ::fcntl(3, F_SETFD, 0);
    } else {
        ::dup2(listener_.get(), 3);
    }
    ::close_range(4, ~0u, 0);
    ::execv(binary.c_str(), const_cast<char* const*>(arguments));
    ::_exit(127);
}

void LoggerProcess::kill() {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
    pid_ = 0;
}

int LoggerProcess::terminate() {
    int status = 0;
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    pid_ = 0;
    return status;
}

void LoggerProcess::connect() {
    auto connected = os::connect_unix(os::SocketType::seqpacket, directory_.path() + "/s");
    if (!connected) throw std::runtime_error(connected.error().message());
    connection_ = std::move(*connected);
    unread_.clear();
}

LoggerProcess::Pipes LoggerProcess::make_pipes(std::uint64_t run) {
    const std::string base = directory_.path() + "/log/" + std::to_string(run);
    Pipes pipes;
    for (const auto& [end, name] : {std::pair{&pipes.out, ".out"}, {&pipes.err, ".err"}}) {
        if (::mkfifo((base + name).c_str(), 0600) != 0) give_up("mkfifo");
        *end = os::Fd{::open((base + name).c_str(), O_RDWR | O_CLOEXEC)};
    }
    return pipes;
}

void LoggerProcess::send(const Request& request, int descriptor) {
    const auto packet = encode(request);
    const int descriptors[] = {descriptor};
    const auto sent = os::send_message(
        connection_.get(), packet,
        descriptor < 0 ? std::span<const int>{} : std::span<const int>{descriptors});
    if (!sent) throw std::runtime_error("send: " + std::make_error_code(sent.error()).message());
}

std::optional<Reply> LoggerProcess::take(std::size_t kind) {
    for (auto reply = unread_.begin(); reply != unread_.end(); ++reply) {
        if (reply->index() != kind) continue;
        Reply taken = std::move(*reply);
        unread_.erase(reply);
        return taken;
    }
    return std::nullopt;
}

Reply LoggerProcess::wait_reply(std::size_t kind) {
    for (;;) {
        if (auto reply = take(kind)) return std::move(*reply);
        receive();
    }
}

Reply LoggerProcess::next() {
    if (unread_.empty()) receive();
    Reply reply = std::move(unread_.front());
    unread_.erase(unread_.begin());
    return reply;
}

void LoggerProcess::receive() {
    std::vector<std::byte> packet(packet_max);
    pollfd state{connection_.get(), POLLIN, 0};
    if (::poll(&state, 1, patience_ms) != 1) throw std::runtime_error("no reply in time");
    const auto got = os::receive_message(connection_.get(), packet);
    if (!got || got->bytes == 0) throw std::runtime_error("the logger hung up");
    auto reply = decode_reply(std::span{packet}.first(got->bytes));
    if (!reply) throw std::runtime_error(reply.error().message());
    unread_.push_back(std::move(*reply));
}

std::string LoggerProcess::log_file(const std::string& unit, std::uint32_t index) const {
    return log_directory_ + '/' + unit + '/' + std::to_string(index) + ".log";
}

std::string LoggerProcess::all_lines(const std::string& unit, std::uint32_t index) const {
    const LogPath path{log_directory_ + '/' + unit, index};
    auto segments = rotated_segments(path);
    Segment current;
    current.path = path.current();
    segments.push_back(std::move(current));
    StoredLines lines{std::move(segments), {}};
    std::string all;
    for (auto line = lines.next(); !line.empty(); line = lines.next()) all += line;
    return all;
}

os::Fd LoggerProcess::serve(const Serve& request) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) give_up("socketpair");
    os::Fd ours{ends[0]};
    const os::Fd theirs{ends[1]};
    send(request, theirs.get());
    return ours;
}

void write_all(const os::Fd& fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) give_up("write");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string read_until(const os::Fd& fd, std::string_view enough) {
    std::string text;
    char bytes[64 * 1024];
    while (enough.empty() || text.find(enough) == std::string::npos) {
        pollfd state{fd.get(), POLLIN, 0};
        if (::poll(&state, 1, patience_ms) != 1)
            throw std::runtime_error("nothing to read: " + text);
        const ssize_t got = ::read(fd.get(), bytes, sizeof bytes);
        if (got <= 0) break;
        text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
}

std::string read_text_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        lines.emplace_back(text.substr(0, newline));
        if (newline == std::string_view::npos) break;
        text.remove_prefix(newline + 1);
    }
    return lines;
}

Open open_request(std::uint64_t run, const std::string& unit) {
    Open open;
    open.run = run;
    open.pid = static_cast<std::int32_t>(1000 + run);
    open.unit = unit;
    return open;
}

std::string message_of(const std::string& line) {
    StoredLine parsed;
    return parse_stored(line, parsed) ? std::string{parsed.message} : "not a log line: " + line;
}

std::vector<std::string> messages_of(std::string_view text) {
    std::vector<std::string> messages;
    for (const std::string& line : split_lines(text)) messages.push_back(message_of(line));
    return messages;
}

}  // namespace superd::logger
