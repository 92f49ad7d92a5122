#include "supervisor/template_plan.hpp"

#include "config/instance_text.hpp"

#include <sys/stat.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>

namespace superd::supervisor {
namespace {

constexpr std::array first{"SUPERD_RUN=", "SUPERD_INSTANCE="};
constexpr std::array passing{"SUPERD_SETTINGS=", "SUPERD_PAGE=", "LISTEN_FDS=", "LISTEN_FDNAMES="};
// Each template has its own.
constexpr std::array individual{"SUPERD_RUN=", "SUPERD_SETTINGS=", "SUPERD_TEMPLATE="};

bool is_of(const std::string& variable, const auto& names) {
    return std::ranges::any_of(names, [&](const char* name) { return variable.starts_with(name); });
}

bool differs(const std::string& text) { return text.contains(config::instance_mark); }

class Hash {  // FNV-1a
public:
    void add(std::string_view text) {
        for (const char each : text) mix(static_cast<unsigned char>(each));
        mix(0xff);  // No text has it: where one ends counts.
    }
    void add(std::uint64_t number) { add(std::to_string(number)); }
    std::string digits() const {
        std::array<char, 17> text;
        std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value_));
        return text.data();
    }

private:
    void mix(unsigned byte) { value_ = (value_ ^ byte) * 1'099'511'628'211u; }

    std::uint64_t value_ = 14'695'981'039'346'656'037u;
};

// Where the module's own file may be; what ld.so(8) or an installed package has is not looked for.
std::vector<std::string> module_files(const config::Hosted& hosted, const std::string& directory) {
    if (hosted.language == config::Language::cpp) return {hosted.module};
    std::string path = hosted.module.substr(0, hosted.module.find(':'));
    const bool is_path = path.ends_with(".py") || path.contains('/');
    if (!is_path) std::ranges::replace(path, '.', '/');
    if (!path.starts_with('/')) path = directory + "/" + path;
    return {path, path + ".py", path + "/__init__.py"};
}

}  // namespace

bool has_template(const config::Unit& unit) {
    return unit.hosted && unit.hosted->preload && !unit.launch.ends_with_superd &&
           !differs(unit.hosted->module) && !differs(unit.launch.directory) &&
           !(unit.ready && unit.ready->kind == config::ReadyKind::fd);
}

std::string template_mark(const config::Unit& unit, const os::SpawnPlan& plan,
                          std::string_view settings) {
    Hash hash;
    hash.add(settings);
    for (const std::string& each : plan.argv) hash.add(each);
    for (const std::string& each : plan.env) {
        if (!is_of(each, individual)) hash.add(each);
    }
    hash.add(plan.directory);
    hash.add(plan.uid);
    hash.add(plan.gid);
    for (const gid_t each : plan.groups) hash.add(each);
    hash.add(plan.umask);
    for (const os::ChildLimit& each : plan.limits) {
        hash.add(static_cast<std::uint64_t>(each.resource));
        hash.add(static_cast<std::uint64_t>(each.value));
    }
    hash.add(plan.oom_score_adjust);
    for (const std::string& path : module_files(*unit.hosted, plan.directory)) {
        struct stat file{};
        if (!path.starts_with('/') || ::stat(path.c_str(), &file) != 0) continue;
        hash.add(file.st_dev);
        hash.add(file.st_ino);
        hash.add(static_cast<std::uint64_t>(file.st_size));
        hash.add(static_cast<std::uint64_t>(file.st_mtim.tv_sec));
        hash.add(static_cast<std::uint64_t>(file.st_mtim.tv_nsec));
    }
    return hash.digits();
}

std::vector<Passed> passed_descriptors(const os::SpawnPlan& plan) {
    std::map<int, std::string> names{{STDOUT_FILENO, "stdout"}, {STDERR_FILENO, "stderr"}};
    for (const std::string_view each : plan.env) {
        int number = -1;
        const auto value = each.substr(std::min(each.find('=') + 1, each.size()));
        std::from_chars(value.data(), value.data() + value.size(), number);
        if (each.starts_with("SUPERD_SETTINGS=")) names[number] = "settings";
        if (each.starts_with("SUPERD_PAGE=")) names[number] = "page";
        if (!each.starts_with("LISTEN_FDNAMES=")) continue;
        int to = 3;
        for (std::string_view rest = value; !rest.empty(); ++to) {
            const auto end = std::min(rest.find(':'), rest.size());
            names[to] = "listen." + std::string{rest.substr(0, end)};
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    std::vector<Passed> passed;
    for (const auto& [from, to] : plan.descriptors) {
        if (const auto name = names.find(to); name != names.end()) {
            passed.push_back({name->second, from});
        }
    }
    return passed;
}

std::vector<std::string> environment_difference(const std::vector<std::string>& worker,
                                                const std::vector<std::string>& of_template) {
    std::vector<std::string> found, others;
    for (const std::string& each : worker) {
        if (is_of(each, passing)) continue;
        const bool identity = is_of(each, first);
        if (!identity && std::ranges::find(of_template, each) != of_template.end()) continue;
        (identity ? found : others).push_back(each);
    }
    std::ranges::sort(found, std::ranges::greater{});  // SUPERD_RUN before SUPERD_INSTANCE.
    found.insert(found.end(), others.begin(), others.end());
    return found;
}

}  // namespace superd::supervisor
