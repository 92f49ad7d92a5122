#include "ctl/import/systemd_search.hpp"

#include "ctl/import/systemd_file.hpp"
#include "ctl/import/text.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

namespace superctl::importing {

namespace {

namespace fs = std::filesystem;

std::string with_suffix(std::string_view name) {
    const auto suffix = parse_systemd_name(name).suffix;
    const bool whole = suffix == "service" || suffix == "socket" || suffix == "timer";
    return std::string{name} + (whole ? "" : ".service");
}

Failure not_found(const std::string& name, std::span<const std::string_view> directories) {
    std::string list;
    for (const auto directory : directories) {
        list += (list.empty() ? "" : ", ") + std::string{directory};
    }
    return {ExitCode::failed, "cannot find " + name + ": it is not here, nor in " + list,
            "name the file with its directory, as ./" + name};
}

// Only what there is in `directories`, in their order.
std::vector<std::string> places_of(const std::string& name,
                                   std::span<const std::string_view> directories) {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto directory : directories) {
        auto path = std::string{directory} + "/" + name;
        if (fs::exists(path, error)) found.push_back(std::move(path));
    }
    return found;
}

// That a unit of this name must not be started, says a link to nothing.
bool is_masked(const std::string& path) {
    std::error_code error;
    return fs::canonical(path, error) == "/dev/null";
}

std::vector<std::string> confs_in(const std::string& directory) {
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator at{directory, error}, end; !error && at != end;
         at.increment(error)) {
        auto path = at->path().string();
        if (path.ends_with(".conf")) found.push_back(std::move(path));
    }
    std::ranges::sort(found);
    return found;
}

// One of a name for each owner; which of these is nearest to the unit is seen in translating it.
std::vector<std::string> drop_ins_of(const SystemdName& name,
                                     std::span<const std::string_view> directories) {
    std::vector<std::string> all;
    for (const auto& owner : systemd_drop_in_owners(name)) {
        std::set<std::string, std::less<>> seen;
        for (const auto& directory : places_of(owner + ".d", directories)) {
            for (auto& path : confs_in(directory)) {
                if (seen.emplace(file_name(path)).second) all.push_back(std::move(path));
            }
        }
    }
    return all;
}

}  // namespace

std::expected<SystemdFiles, Failure> find_systemd_unit(
    std::string_view name, std::span<const std::string_view> directories) {
    const auto whole = with_suffix(name);
    const auto parsed = parse_systemd_name(whole);
    auto places = places_of(whole, directories);
    if (places.empty() && !parsed.instance.empty()) {
        places = places_of(parsed.prefix + "@." + parsed.suffix, directories);
    }
    if (places.empty()) return std::unexpected{not_found(std::string{name}, directories)};
    if (is_masked(places.front())) {
        return std::unexpected{Failure{
            ExitCode::failed,
            "cannot import " + whole + ": " + places.front() + " masks it, as a link to /dev/null",
            "name the file that is meant with its directory"}};
    }
    return SystemdFiles{whole, places.front(), drop_ins_of(parsed, directories)};
}

}  // namespace superctl::importing
