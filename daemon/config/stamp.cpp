#include "config/stamp.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace superd::config {

namespace {

void follow(const std::filesystem::path& path, int depth, std::vector<Stamp>& stamps) {
    constexpr int depth_max = 40;  // The kernel's.
    std::filesystem::path way;
    for (const auto& part : path) {
        way /= part;
        struct stat status{};
        if (::lstat(way.c_str(), &status) != 0) return;
        if (!S_ISLNK(status.st_mode) || depth == depth_max) continue;
        stamps.emplace_back(way.string(), status);
        std::error_code error;
        const auto target = std::filesystem::read_symlink(way, error);
        if (!error) follow(way.parent_path() / target, depth + 1, stamps);
    }
}

}  // namespace

Stamp::Stamp(std::string path, const struct stat& status)
    : path_{std::move(path)},
      device_{status.st_dev},
      inode_{status.st_ino},
      changed_{status.st_ctim},
      link_{S_ISLNK(status.st_mode)} {}

bool Stamp::still_true() const {
    struct stat now{};
    const int found = link_ ? ::lstat(path_.c_str(), &now) : ::stat(path_.c_str(), &now);
    return found == 0 && now.st_dev == device_ && now.st_ino == inode_ &&
           now.st_ctim.tv_sec == changed_.tv_sec && now.st_ctim.tv_nsec == changed_.tv_nsec;
}

std::vector<Stamp> stamps_of_links(const std::string& path) {
    std::vector<Stamp> stamps;
    follow(path, 0, stamps);
    return stamps;
}

}  // namespace superd::config
