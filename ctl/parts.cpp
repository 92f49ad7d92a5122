#include "ctl/parts.hpp"

#include "ctl/output.hpp"
#include "ctl/superd.hpp"
#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"

#include <sys/wait.h>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

namespace wire = superd::wire;

// The last word of what `program --version` prints: "superd 0.1.0".
std::optional<std::string> installed_version(const std::string& program) {
    std::array<int, 2> ends{};
    if (program.empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::string name = program, flag = "--version";
    std::array<char*, 3> argv{name.data(), flag.data(), nullptr};
    pid_t pid = 0;
    const bool started =
        ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), ::environ) == 0;
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string text;
    std::array<char, 256> bytes{};
    for (ssize_t size = 1; started && size > 0 && text.size() < 4096;) {
        size = ::read(ends[0], bytes.data(), bytes.size());
        if (size > 0) text.append(bytes.data(), static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    int status = -1;
    if (started) ::waitpid(pid, &status, 0);
    text = text.substr(0, text.find('\n'));
    const auto space = text.rfind(' ');
    if (status != 0 || space == text.npos) return std::nullopt;
    return text.substr(space + 1);
}

Part read_part(const wire::JsonReader& json) {
    Part part;
    json.required("part", part.name);
    json.required("pid", part.pid);
    json.read("version", part.version);
    json.read("program", part.program);
    json.read("outdated", part.outdated);
    part.installed = installed_version(part.program);
    // What was not replaced since it was started is what is installed.
    if (!part.version && !part.outdated) part.version = part.installed;
    return part;
}

}  // namespace

std::expected<Running, Failure> ask_parts(const Invocation& invocation) {
    ClientRequest request;
    request.target = "/v1/version";
    const auto answer = ask(invocation, request);
    if (!answer) return std::unexpected{answer.error()};
    try {
        Running running;
        const auto value = wire::parse_object(answer->body);
        const wire::JsonReader json{value};
        json.read("version", running.version);
        if (json.find("parts") != nullptr) {
            wire::for_each_object(json.array("parts"), [&](const wire::JsonReader& part) {
                running.parts.push_back(read_part(part));
            });
        }
        return running;
    } catch (const boost::system::system_error& error) {
        return std::unexpected{strange_answer(error)};
    }
}

std::string render_parts(const std::vector<Part>& parts) {
    std::string out;
    std::size_t widest = 0;
    for (const auto& part : parts) widest = std::max(widest, part.name.size());
    for (const auto& part : parts) {
        out += part.name + std::string(widest - part.name.size() + 1, ' ');
        out += printable(part.version.value_or("unknown")) + ", pid " + std::to_string(part.pid) +
               ", " + printable(part.program);
        if (part.outdated) {
            out += part.installed ? " (" + printable(*part.installed) +
                                        " is installed by now: "
                                        "`superctl upgrade` starts it)"
                                  : " (replaced by a program that does not say its version)";
        }
        out += "\n";
    }
    return out;
}

std::string parts_as_json(const Running& running) {
    std::string out;
    wire::JsonWriter json{out};
    json.begin_object();
    json.member("schema", 1);
    json.member("superctl", SUPERD_VERSION);
    json.member("superd", running.version);
    json.key("parts");
    json.begin_array();
    for (const auto& part : running.parts) {
        json.begin_object();
        json.member("part", part.name);
        json.member("pid", part.pid);
        json.member("version", part.version);
        json.member("installed", part.installed);
        json.member("program", part.program);
        json.member("outdated", part.outdated);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out + "\n";
}

}  // namespace superctl
