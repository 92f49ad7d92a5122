#include "os/process_user.hpp"

#include "os/file.hpp"
#include "os/proc_fields.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace superd::os {

bool is_run_by(pid_t pid, uid_t user) {
    constexpr std::size_t status_max = 65'536;
    const auto text = read_file("/proc/" + std::to_string(pid) + "/status", status_max);
    if (!text) return false;
    // A line end within the process's name is written as "\n", in two characters.
    constexpr std::string_view key = "\nUid:";
    const auto begin = text->find(key);
    if (begin == std::string::npos) return false;
    std::string line = text->substr(begin + key.size());
    line.resize(std::min(line.find('\n'), line.size()));
    for (char& each : line) each = each == '\t' ? ' ' : each;
    std::string_view rest = line;
    int ids = 0;  // real, effective, saved, of files
    for (auto word = next_word(rest); !word.empty(); word = next_word(rest), ++ids) {
        const auto id = number<uid_t>(word);
        if (id != 0 && id != ::geteuid() && id != user) return false;
    }
    return ids == 4;
}

}  // namespace superd::os
