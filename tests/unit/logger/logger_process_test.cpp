#include "tests/unit/logger/logger_process.hpp"

#include "logger/format.hpp"
#include "logger/history.hpp"
#include "os/message.hpp"
#include "os/socket.hpp"

#include <sys/prctl.h>
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

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

constexpr int patience_ms = 30'000;

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
    std::vector<std::byte> packet(packet_max);
    for (;;) {
        if (auto reply = take(kind)) return std::move(*reply);
        pollfd state{connection_.get(), POLLIN, 0};
        if (::poll(&state, 1, patience_ms) != 1) throw std::runtime_error("no reply in time");
        const auto got = os::receive_message(connection_.get(), packet);
        if (!got || got->bytes == 0) throw std::runtime_error("the logger hung up");
        auto reply = decode_reply(std::span{packet}.first(got->bytes));
        if (!reply) throw std::runtime_error(reply.error().message());
        unread_.push_back(std::move(*reply));
    }
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

namespace {

Open open_request(std::uint64_t run, const std::string& unit = "web") {
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

TEST(LoggerProcess, StampsLinesAndTellsTheLast) {
    LoggerProcess logger;
    const auto pipes = logger.make_pipes(7);
    logger.connect();
    logger.send(open_request(7));
    write_all(pipes.out, "one\ntwo\nunfinished");
    logger.start();
    logger.send(Drain{7});
    EXPECT_EQ(logger.expect<Tail>().lines,
              (std::vector<std::string>{"out: one", "out: two", "out: unfinished"}));
    write_all(pipes.err, "last words \x1b[2J\n");
    logger.send(Close{7});
    EXPECT_EQ(logger.expect<Tail>().lines.back(), "err: last words \\x1b[2J");
    EXPECT_EQ(logger.expect<Closed>().run, 7u);
    const auto lines = split_lines(read_text_file(logger.log_file("web")));
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_EQ(lines[0].substr(27), " web/0[1007] out: one");
    EXPECT_EQ(lines[3].substr(27), " web/0[1007] err: last words \x1b[2J");
    EXPECT_EQ(logger.terminate(), 0);
}

TEST(LoggerProcess, LosesAndRepeatsNothingOverManyKills) {
    LoggerProcess logger;
    const auto pipes = logger.make_pipes(1);
    // Identical lines on stderr: where the front of the FIFO tells nothing.
    constexpr int kills = 220;
    constexpr int lines_max = 40'000'000;
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::string burst;
        int repeated = 0;
        for (int line = 0; line < lines_max; ++line) {
            burst += "line " + std::to_string(line) + '\n';
            if (line % 37 != 36) continue;
            // A stop between two writes only: SIGTERM's default would cut one short.
            write_all(pipes.out, burst);
            for (int i = 0; i < 50; ++i, ++repeated) write_all(pipes.err, "the same\n");
            burst.clear();
            if (::access((logger.runtime_directory() + "/stop").c_str(), F_OK) == 0) {
                write_all(pipes.out, "end " + std::to_string(line + 1) + '\n');
                write_all(pipes.err, "end " + std::to_string(repeated) + '\n');
                break;
            }
        }
        ::_exit(0);
    }
    std::srand(4711);
    Open open = open_request(1);
    open.policy.keep = 1'000'000;
    open.policy.size_max = 1 << 20;
    for (int kill = 0; kill < kills; ++kill) {
        logger.start();
        logger.connect();
        logger.send(open);
        ::usleep(static_cast<useconds_t>(std::rand() % 25'000));
        logger.kill();
    }
    { std::ofstream stop{logger.runtime_directory() + "/stop"}; }
    logger.start();
    logger.connect();
    logger.send(open);
    int status = -1;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    ASSERT_EQ(status, 0);
    logger.send(Close{1});
    logger.expect<Closed>();
    EXPECT_EQ(logger.terminate(), 0);

    int next = 0;
    int repeated = 0;
    int ends = 0;
    for (const std::string& line : split_lines(logger.all_lines("web"))) {
        const std::string message = message_of(line);
        if (message == "the same") {
            ++repeated;
        } else if (line.find("err: end ") != std::string::npos) {
            EXPECT_EQ(message, "end " + std::to_string(repeated));
            ++ends;
        } else if (message.starts_with("end ")) {
            EXPECT_EQ(message, "end " + std::to_string(next));
            ++ends;
        } else {
            ASSERT_EQ(message, "line " + std::to_string(next));
            ++next;
        }
    }
    EXPECT_EQ(ends, 2);
    std::printf("%d kills, %d numbered and %d equal lines\n", kills, next, repeated);
    EXPECT_GT(next, kills);
}

}  // namespace
}  // namespace superd::logger
