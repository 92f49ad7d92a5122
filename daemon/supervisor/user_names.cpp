#include "supervisor/user_names.hpp"

#include "os/file.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace superd::supervisor {
namespace {

constexpr std::size_t file_max = 16u << 20;

// "root:x:0:0:root:/root:/bin/bash"
std::optional<std::string_view> name_in(std::string_view line, uid_t uid) {
    const auto name = line.substr(0, line.find(':'));
    auto rest = line.substr(name.size());
    for (int skipped = 0; skipped < 2; ++skipped) {
        const auto colon = rest.find(':');
        if (colon == rest.npos) return {};
        rest.remove_prefix(colon + 1);
    }
    const auto digits = rest.substr(0, rest.find(':'));
    uid_t number = 0;
    const auto* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, number);
    if (digits.empty() || error != std::errc{} || end != last || number != uid) return {};
    return name;
}

}  // namespace

const std::string& UserNames::name(uid_t uid) {
    const auto known = names_.find(uid);
    if (known != names_.end()) return known->second;
    std::string& found = names_[uid];
    const auto text = os::read_file(file_, file_max);
    std::string_view rest = text ? std::string_view{*text} : std::string_view{};
    while (!rest.empty() && found.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (const auto name = name_in(line, uid)) found = *name;
    }
    return found;
}

}  // namespace superd::supervisor
