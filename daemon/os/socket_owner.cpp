// Who has a socket, found as ss(8) does: by its number in /proc/net, then by everybody's
// descriptors; and how many connections it led to.
#include "os/file.hpp"
#include "os/listener.hpp"
#include "os/process.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace superd::os {
namespace {

constexpr std::size_t table_max = 64u << 20;

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const auto begin = line.find_first_not_of(" \t");
        if (begin == line.npos) return words;
        line.remove_prefix(begin);
        const auto end = std::min(line.find_first_of(" \t"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

template <class Visit>
void each_line(const std::string& table, Visit&& visit) {
    auto text = std::string{};
    if (auto read = read_file(table, table_max)) text = std::move(*read);
    for (std::string_view rest = text; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        visit(words_of(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

// Every socket with this local port, whatever the address: state and number.
template <class Visit>
void each_at_port(const Endpoint& endpoint, Visit&& visit) {
    const bool stream = endpoint.type == SOCK_STREAM;
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(endpoint.address);
    // The port is at the same place for both families.
    std::array<char, 8> port{};
    std::snprintf(port.data(), port.size(), ":%04X", ntohs(v6.sin6_port));
    for (const char* const table : {stream ? "/proc/self/net/tcp" : "/proc/self/net/udp",
                                    stream ? "/proc/self/net/tcp6" : "/proc/self/net/udp6"}) {
        each_line(table, [&](const std::vector<std::string_view>& words) {
            constexpr std::size_t local = 1, state = 3, inode = 9;
            if (words.size() <= inode || !words[local].ends_with(port.data())) return;
            visit(words[state], words[inode]);
        });
    }
}

// The numbers of all that listen at a port: which address is in the way, the kernel does not tell.
std::vector<std::string> inodes_at_port(const Endpoint& endpoint) {
    const std::string_view listening = endpoint.type == SOCK_STREAM ? "0A" : "07";
    std::vector<std::string> found;
    each_at_port(endpoint, [&](std::string_view state, std::string_view inode) {
        if (state == listening) found.emplace_back(inode);
    });
    return found;
}

template <class Visit>
void each_at_path(const Endpoint& endpoint, Visit&& visit) {
    const auto& address = reinterpret_cast<const sockaddr_un&>(endpoint.address);
    each_line("/proc/self/net/unix", [&](const std::vector<std::string_view>& words) {
        constexpr std::size_t state = 5, inode = 6, path = 7;
        if (words.size() > path && words[path] == address.sun_path) {
            visit(words[state], words[inode]);
        }
    });
}

std::vector<std::string> inodes_at_path(const Endpoint& endpoint) {
    std::vector<std::string> found;
    each_at_path(endpoint,
                 [&](std::string_view, std::string_view inode) { found.emplace_back(inode); });
    return found;
}

bool has_descriptor(pid_t pid, const std::vector<std::string>& wanted) {
    const std::string directory = "/proc/" + std::to_string(pid) + "/fd";
    DIR* const listing = ::opendir(directory.c_str());
    if (listing == nullptr) return false;
    bool found = false;
    while (const dirent* const entry = ::readdir(listing)) {
        std::array<char, 64> link{};
        const auto path = directory + "/" + entry->d_name;
        if (::readlink(path.c_str(), link.data(), link.size() - 1) <= 0) continue;
        for (const std::string& each : wanted) found = found || each == link.data();
        if (found) break;
    }
    ::closedir(listing);
    return found;
}

std::string name_of(pid_t pid) {
    auto name = read_file("/proc/" + std::to_string(pid) + "/comm", 64);
    if (!name) return "?";
    while (name->ends_with('\n')) name->pop_back();
    for (char& each : *name) {
        const auto code = static_cast<unsigned char>(each);
        if (code < 0x20 || code >= 0x7f) each = '?';
    }
    return *name;
}

}  // namespace

std::size_t connections_at(const Endpoint& endpoint) {
    std::size_t count = 0;
    if (endpoint.is_path()) {
        // What was accepted has the listener's path.
        each_at_path(endpoint, [&](std::string_view state, std::string_view) {
            count += state == "03" ? 1 : 0;
        });
    } else if (endpoint.type == SOCK_STREAM) {
        // Established, or ended by the client alone.
        each_at_port(endpoint, [&](std::string_view state, std::string_view) {
            count += state == "01" || state == "08" ? 1 : 0;
        });
    }
    return count;
}

std::optional<SocketOwner> owner_of(const Endpoint& endpoint) {
    auto wanted = endpoint.is_path() ? inodes_at_path(endpoint) : inodes_at_port(endpoint);
    if (wanted.empty()) return std::nullopt;
    for (std::string& each : wanted) each = "socket:[" + each + "]";
    for (const pid_t pid : all_processes()) {
        if (pid != ::getpid() && has_descriptor(pid, wanted)) return SocketOwner{pid, name_of(pid)};
    }
    return std::nullopt;
}

}  // namespace superd::os
