#include "supervisor/enablement.hpp"

#include "os/file.hpp"

#include <algorithm>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::size_t file_max = 16u << 20;

}  // namespace

Enablement::Choices Enablement::parse(std::string_view text) {
    Choices found;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto space = line.find(' ');
        if (space == 0 || space == line.npos) continue;
        const auto word = line.substr(space + 1);
        if (word != "enabled" && word != "disabled") continue;
        found[std::string{line.substr(0, space)}] = word == "enabled";
    }
    return found;
}

Enablement Enablement::open(std::string path) {
    Enablement made;
    if (const auto text = os::read_file(path, file_max)) made.choices_ = parse(*text);
    made.path_ = std::move(path);
    return made;
}

std::optional<bool> Enablement::find(std::string_view unit) const {
    const auto found = choices_.find(unit);
    if (found == choices_.end()) return std::nullopt;
    return found->second;
}

Result<void> Enablement::replace(Choices next) {
    std::string text;
    for (const auto& [unit, enabled] : next) {
        text += unit + (enabled ? " enabled\n" : " disabled\n");
    }
    auto written = os::write_file(path_, text, 0600);
    if (written) choices_ = std::move(next);
    return written;
}

}  // namespace superd::supervisor
