// How fast lines of a service get into a file: superd-logger beside `cat` and s6-log.
//
//   log_writer write LINES PER_WRITE             writes 100-byte lines to stdout
//   log_writer compare DIR LOGGER [LINES [ROUNDS [ONLY]]]
//
// `compare` runs each of them in turn, several rounds, with one line a write and with
// 640, checks that every line arrived, and prints medians: wall-clock throughput of the
// lines' bytes, and the CPU time that reader and writer took for them: the writer's is what
// logging costs a service. cat and s6-log write the lines as they are; superd-logger stamps
// them.
#include "logger/history.hpp"
#include "logger/protocol.hpp"
#include "os/message.hpp"
#include "os/socket.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace superd;
using Clock = std::chrono::steady_clock;

constexpr std::size_t line_size = 100;

[[noreturn]] void give_up(const std::string& what) {
    throw std::runtime_error("cannot " + what + ": " + std::strerror(errno));
}

void write_lines(int fd, std::uint64_t lines, std::uint64_t per_write) {
    std::string bytes;
    for (std::uint64_t line = 0; line < lines; ++line) {
        const std::size_t start = bytes.size();
        bytes.resize(start + line_size, 'x');
        std::snprintf(bytes.data() + start, line_size, "%012llu ",
                      static_cast<unsigned long long>(line));
        bytes[start + 13] = 'x';
        bytes.back() = '\n';
        if ((line + 1) % per_write != 0 && line + 1 != lines) continue;
        for (std::size_t done = 0; done < bytes.size();) {
            const ssize_t written = ::write(fd, bytes.data() + done, bytes.size() - done);
            if (written < 0) give_up("write a line");
            done += static_cast<std::size_t>(written);
        }
        bytes.clear();
    }
}

struct Measured {
    double seconds = 0;      // From the first write until all is in the file.
    double cpu_seconds = 0;  // Of the reader.
    double writer_cpu_seconds = 0;
};

double cpu_of(const rusage& usage) {
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

rusage wait_for(pid_t pid) {
    rusage usage{};
    if (::wait4(pid, nullptr, 0, &usage) != pid) give_up("wait for a process");
    return usage;
}

pid_t spawn_writer(int out, std::uint64_t lines, std::uint64_t per_write) {
    const pid_t pid = ::fork();
    if (pid < 0) give_up("fork");
    if (pid == 0) {
        write_lines(out, lines, per_write);
        ::_exit(0);
    }
    return pid;
}

// A reader of a pipe that ends with it.
Measured run_filter(const std::vector<std::string>& command, const std::string& out_file,
                    std::uint64_t lines, std::uint64_t per_write) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) give_up("make a pipe");
    const pid_t reader = ::fork();
    if (reader < 0) give_up("fork");
    if (reader == 0) {
        ::dup2(ends[0], 0);
        ::dup2(::open(out_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 1);
        std::vector<char*> arguments;
        for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(ends[0]);
    const auto start = Clock::now();
    const pid_t writer = spawn_writer(ends[1], lines, per_write);
    ::close(ends[1]);
    const rusage writer_usage = wait_for(writer);
    const rusage usage = wait_for(reader);
    return {since(start), cpu_of(usage), cpu_of(writer_usage)};
}

// superd-logger, with this program as its supervisor.
class Logger {
public:
    Logger(const std::string& program, const std::string& directory, std::uint64_t size_max)
        : directory_{directory}, size_max_{size_max} {
        fs::create_directories(directory + "/log");
        auto listener = os::listen_unix(os::SocketType::seqpacket, directory + "/s", 0600);
        if (!listener) throw std::runtime_error(listener.error().message());
        if (::mkfifo((directory + "/log/1.out").c_str(), 0600) != 0) give_up("make a FIFO");
        if (::mkfifo((directory + "/log/1.err").c_str(), 0600) != 0) give_up("make a FIFO");
        fifo_ = os::Fd{::open((directory + "/log/1.out").c_str(), O_RDWR | O_CLOEXEC)};
        pid_ = ::fork();
        if (pid_ < 0) give_up("fork");
        if (pid_ == 0) {
            ::dup2(::open("/dev/null", O_RDWR), 1);
            ::dup2(listener->get(), 3);
            if (listener->get() == 3) ::fcntl(3, F_SETFD, 0);
            ::execl(program.c_str(), program.c_str(), "--runtime-dir", directory.c_str(),
                    "--log-dir", directory.c_str(), nullptr);
            ::_exit(127);
        }
        auto connection = os::connect_unix(os::SocketType::seqpacket, directory + "/s");
        if (!connection) throw std::runtime_error(connection.error().message());
        connection_ = std::move(*connection);
    }

    Measured run(std::uint64_t lines, std::uint64_t per_write) {
        logger::Open open;
        open.run = 1;
        open.pid = 1234;
        open.unit = "web";
        open.policy.size_max = size_max_;
        send(open);
        const auto start = Clock::now();
        const rusage writer_usage = wait_for(spawn_writer(fifo_.get(), lines, per_write));
        send(logger::Close{1});
        std::vector<std::byte> packet(logger::packet_max);
        for (;;) {
            const auto got = os::receive_message(connection_.get(), packet);
            if (!got || got->bytes == 0) throw std::runtime_error("the logger ended");
            const auto reply = logger::decode_reply(std::span{packet}.first(got->bytes));
            if (!reply || std::holds_alternative<logger::Closed>(*reply)) break;
            if (const auto* trouble = std::get_if<logger::Trouble>(&*reply))
                std::fprintf(stderr, "superd-logger: %s\n", trouble->text.c_str());
        }
        const double seconds = since(start);
        ::kill(pid_, SIGTERM);
        return {seconds, cpu_of(wait_for(pid_)), cpu_of(writer_usage)};
    }

private:
    void send(const logger::Request& request) {
        if (!os::send_message(connection_.get(), logger::encode(request))) give_up("send");
    }

    std::string directory_;
    std::uint64_t size_max_;
    os::Fd fifo_;
    os::Fd connection_;
    pid_t pid_ = 0;
};

std::uint64_t count_lines(const std::string& path) {
    logger::Segment segment;
    segment.path = path;
    std::deque<logger::Segment> segments;
    segments.push_back(std::move(segment));
    logger::StoredLines stored{std::move(segments), {}};
    std::uint64_t lines = 0;
    while (!stored.next().empty()) ++lines;
    return lines;
}

Measured run_one(const std::string& name, const std::string& base, const std::string& logger,
                 std::uint64_t lines, std::uint64_t per_write) {
    const std::string directory = fs::absolute(base) / "run";  // As s6-log wants it.
    fs::remove_all(directory);
    fs::create_directories(directory);
    Measured measured;
    std::string kept = directory + "/out";
    if (name == "cat") {
        measured = run_filter({"cat"}, kept, lines, per_write);
    } else if (name == "s6-log") {
        measured = run_filter({"s6-log", "n5", "s268435455", directory + "/s6"}, directory + "/o",
                              lines, per_write);
        kept = directory + "/s6/current";
    } else if (name == "superd-logger, as by default") {
        measured = Logger{logger, directory, 10u << 20}.run(lines, per_write);
        kept.clear();
    } else {
        measured = Logger{logger, directory, 0}.run(lines, per_write);
        kept = directory + "/web/0.log";
    }
    // s6-log rotates at 256 MiB, however long the file may get.
    if (!kept.empty() && name != "s6-log") {
        const std::uint64_t found = count_lines(kept);
        if (found != lines)
            throw std::runtime_error(name + " wrote " + std::to_string(found) + " of " +
                                     std::to_string(lines) + " lines; see " + kept);
    }
    fs::remove_all(directory);
    return measured;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void compare(const std::string& base, const std::string& logger, std::uint64_t lines, int rounds,
             const std::string& only) {
    std::vector<std::string> names{"cat", "s6-log", "superd-logger",
                                   "superd-logger, as by default"};
    if (!only.empty()) names = {only};
    for (const std::uint64_t per_write : {1u, 640u}) {
        const std::uint64_t count = per_write == 1 ? lines : lines * 4;
        const double gigabytes = static_cast<double>(count * line_size) / 1e9;
        std::map<std::string, std::vector<double>> speeds;
        std::map<std::string, std::vector<double>> costs;
        std::map<std::string, std::vector<double>> writer_costs;
        for (int round = 0; round < rounds; ++round) {
            for (const auto& name : names) {
                const Measured measured = run_one(name, base, logger, count, per_write);
                speeds[name].push_back(gigabytes / measured.seconds);
                costs[name].push_back(measured.cpu_seconds / gigabytes);
                writer_costs[name].push_back(measured.writer_cpu_seconds / gigabytes);
            }
        }
        const double floor = median(speeds[names.front()]);
        for (const auto& name : names)
            std::printf(
                "%3llu lines a write  %-29s %6.0f MB/s  %4.2f x cat  %5.2f CPU s/GB"
                ", the writer %5.2f\n",
                static_cast<unsigned long long>(per_write), name.c_str(),
                median(speeds[name]) * 1e3, median(speeds[name]) / floor, median(costs[name]),
                median(writer_costs[name]));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    try {
        if (words.size() == 3 && words[0] == "write") {
            write_lines(1, std::stoull(words[1]), std::stoull(words[2]));
        } else if (words.size() >= 3 && words[0] == "compare") {
            compare(words[1], words[2], words.size() > 3 ? std::stoull(words[3]) : 1'000'000,
                    words.size() > 4 ? std::stoi(words[4]) : 5, words.size() > 5 ? words[5] : "");
        } else {
            std::fputs(
                "log_writer write LINES PER_WRITE\n"
                "log_writer compare DIR LOGGER [LINES [ROUNDS [ONLY]]]\n",
                stderr);
            return 2;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "log_writer: %s\n", error.what());
        return 1;
    }
    return 0;
}
