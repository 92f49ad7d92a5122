#include "ctl/output.hpp"
#include "ctl/verbs.hpp"

#include <sys/wait.h>

#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <climits>

namespace superctl {

namespace {

// superd as installed beside superctl, or in the bin or sbin beside its folder; else the one in
// PATH.
std::string superd_program() {
    std::array<char, PATH_MAX> self;
    const auto length = ::readlink("/proc/self/exe", self.data(), self.size());
    if (length > 0) {
        const std::string path{self.data(), static_cast<std::size_t>(length)};
        const auto folder = path.substr(0, path.rfind('/'));
        for (const char* const place : {"/superd", "/../bin/superd", "/../sbin/superd"}) {
            if (::access((folder + place).c_str(), X_OK) == 0) return folder + place;
        }
    }
    return "superd";
}

}  // namespace

ExitCode run_check(const Invocation& invocation) {
    std::vector<std::string> words{superd_program(), "--check"};
    if (invocation.has("--config")) {
        words.emplace_back("--config");
        words.emplace_back(invocation.value("--config"));
    }
    std::string_view profiles = invocation.value("--profile");
    while (!profiles.empty()) {
        const auto name = profiles.substr(0, profiles.find(','));
        words.emplace_back("--profile");
        words.emplace_back(name);
        profiles.remove_prefix(std::min(profiles.size(), name.size() + 1));
    }
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ);
    if (error != 0) {
        return complain(Failure{ExitCode::failed,
                                "cannot run " + words.front() + ": " + std::strerror(error),
                                "install superd beside superctl, or put it into PATH"});
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ExitCode::ok : ExitCode::failed;
}

}  // namespace superctl
