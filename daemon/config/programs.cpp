#include "config/programs.hpp"

#include "config/instance_text.hpp"

#include <sys/stat.h>

namespace superd::config {

namespace {

// By anybody: who will run it is not who looks for it.
bool is_executable(const std::string& file) {
    struct stat status{};
    return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

std::string search(const std::string& name, std::string_view path) {
    while (!path.empty()) {
        const auto end = path.find(':');
        const auto directory = path.substr(0, end);
        path = end == path.npos ? std::string_view{} : path.substr(end + 1);
        // An empty or relative one would mean wherever superd happens to be.
        if (!directory.starts_with('/')) continue;
        // Nor is one known that is another for each instance.
        if (directory.contains(instance_mark)) continue;
        auto file = std::string{directory};
        if (!file.ends_with('/')) file += '/';
        file += name;
        if (is_executable(file)) return file;
    }
    return name;
}

}  // namespace

const std::string& Programs::find(const std::string& name, std::string_view path) {
    auto key = name;
    key.append(":").append(path);
    const auto known = found_.find(key);
    if (known != found_.end()) return known->second;
    return found_.emplace(std::move(key), search(name, path)).first->second;
}

}  // namespace superd::config
