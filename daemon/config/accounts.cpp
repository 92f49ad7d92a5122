#include "config/accounts.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace superd::config {

namespace {

std::optional<id_t> as_number(const std::string& name) {
    id_t number = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || stop != name.data() + name.size()) return {};
    return number;
}

// Calls a get…_r function with as much memory as it asks for.
template <class Entry, class Get>
int with_buffer(Entry& entry, Entry*& found, std::vector<char>& buffer, const Get& get) {
    constexpr std::size_t buffer_max = 1u << 24;
    buffer.resize(4096);
    for (;;) {
        const int error = get(&entry, buffer.data(), buffer.size(), &found);
        if (error == EINTR) continue;
        if (error != ERANGE || buffer.size() >= buffer_max) return error;
        buffer.resize(buffer.size() * 4);
    }
}

// Several errors mean no more than "not found"; see getpwnam_r(3).
std::string not_found(int error, const char* what) {
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) {
        return std::string{"there is no such "} + what;
    }
    return std::string{"it cannot be looked up: "} + std::strerror(error);
}

std::vector<gid_t> groups_of(const User& user) {
    int count = 32;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (::getgrouplist(user.name.c_str(), user.gid, groups.data(), &count) < 0) {
        groups.resize(std::max(static_cast<std::size_t>(count), groups.size() * 2));
        count = static_cast<int>(groups.size());
    }
    groups.resize(static_cast<std::size_t>(count));
    groups.shrink_to_fit();
    return groups;
}

std::expected<User, std::string> find_user(const std::string& name) {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> buffer;
    int error = with_buffer(entry, found, buffer,
                            [&](auto... out) { return ::getpwnam_r(name.c_str(), out...); });
    if (const auto number = as_number(name); found == nullptr && number) {
        error = with_buffer(entry, found, buffer,
                            [&](auto... out) { return ::getpwuid_r(*number, out...); });
    }
    if (found == nullptr) return std::unexpected{not_found(error, "user")};
    User user{found->pw_name, found->pw_dir, found->pw_shell, found->pw_uid, found->pw_gid, {}};
    if (user.shell.empty()) user.shell = "/bin/sh";
    user.groups = groups_of(user);
    return user;
}

std::expected<gid_t, std::string> find_group(const std::string& name) {
    ::group entry{};
    ::group* found = nullptr;
    std::vector<char> buffer;
    int error = with_buffer(entry, found, buffer,
                            [&](auto... out) { return ::getgrnam_r(name.c_str(), out...); });
    if (const auto number = as_number(name); found == nullptr && number) {
        error = with_buffer(entry, found, buffer,
                            [&](auto... out) { return ::getgrgid_r(*number, out...); });
    }
    if (found == nullptr) return std::unexpected{not_found(error, "group")};
    return found->gr_gid;
}

}  // namespace

std::expected<User, std::string> Accounts::user(const std::string& name) {
    const auto known = users_.find(name);
    return known != users_.end() ? known->second
                                 : users_.emplace(name, find_user(name)).first->second;
}

std::expected<gid_t, std::string> Accounts::group(const std::string& name) {
    const auto known = groups_.find(name);
    return known != groups_.end() ? known->second
                                  : groups_.emplace(name, find_group(name)).first->second;
}

}  // namespace superd::config
