#include "supervisor/listeners.hpp"

#include "config/instance_text.hpp"
#include "config/listen_address.hpp"

#include <sys/mman.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <tuple>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::string_view prefix = "listen.";

std::string held_name(std::uint32_t number) { return std::string{prefix} + std::to_string(number); }

os::ListenOptions options_of(const config::Listener& listener) {
    return {.backlog = static_cast<int>(listener.backlog),
            .nodelay = listener.nodelay,
            .deferred = listener.deferred,
            .mode = listener.mode,
            .uid = listener.uid,
            .gid = listener.gid};
}

// What listener and instance ask for.
Listeners::Socket wanted(const config::Listener& listener, std::uint32_t index) {
    Listeners::Socket socket;
    socket.name = listener.name;
    socket.address = config::for_instance(listener.address, index);
    socket.index = listener.shared ? Listeners::shared : index;
    return socket;
}

// What the unit calls it may change while runs live on it.
bool same(const Listeners::Socket& one, const Listeners::Socket& other) {
    return one.index == other.index && one.address == other.address;
}

bool names(const config::Unit& unit, const Listeners::Socket& socket) {
    return std::ranges::any_of(unit.listeners, [&](const config::Listener& listener) {
        return listener.shared == (socket.index == Listeners::shared) &&
               same(wanted(listener, socket.index), socket);
    });
}

// Whether one can be bound beside the other only if both allow it.
bool meet(const std::string& one, const std::string& other) {
    const auto a = config::parse_listen_address(one);
    const auto b = config::parse_listen_address(other);
    return a && b && config::overlap(*a, *b);
}

void give(Listeners::Socket& socket, core::RunId run) {
    if (run == 0) return;
    socket.first_run = std::min(socket.first_run, run);
    socket.last_run = std::max(socket.last_run, run);
}

std::string place_text(const config::Unit& unit, const config::Listener& listener) {
    if (listener.at.file >= unit.source.files.size()) return {};
    return " (" + unit.source.files[listener.at.file] + ":" + std::to_string(listener.at.line) +
           ":" + std::to_string(listener.column) + ")";
}

std::string cause_text(const Error& error, const os::Endpoint& endpoint) {
    std::string text = error.code.message();
    if (error.code == std::errc::address_in_use) {
        if (const auto owner = os::owner_of(endpoint)) {
            return text + ", by " + owner->name + " (pid " + std::to_string(owner->pid) + ")";
        }
        return text + "; superd may not see by whom: ask `ss -lp` as root";
    }
    if (error.code == std::errc::permission_denied && !endpoint.is_path()) {
        return text +
               "; a port below net.ipv4.ip_unprivileged_port_start needs superd to be root "
               "or to have CAP_NET_BIND_SERVICE";
    }
    if (error.code == std::errc::address_not_available) {
        return text + "; no network interface has it";
    }
    return text;
}

bool may_pass(const std::error_code& code) {
    return code == std::errc::too_many_files_open || code == std::errc::not_enough_memory ||
           code == std::errc::too_many_files_open_in_system || code == std::errc::no_buffer_space;
}

// The note's lines: unit, name, address, index, place.
std::vector<std::string> read_lines(const os::Fd& note) {
    std::array<char, 1024> text{};
    const ssize_t size = ::pread(note.get(), text.data(), text.size(), 0);
    std::vector<std::string> lines;
    std::string_view rest{text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        if (end == rest.npos) break;
        lines.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    return lines;
}

template <class Number>
bool read_number(const std::string& text, Number& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::optional<os::Endpoint> endpoint_of(std::string_view address) {
    const auto parsed = config::parse_listen_address(address);
    if (!parsed) return std::nullopt;
    switch (parsed->transport) {
        case config::Transport::tcp:
            return os::inet_endpoint(SOCK_STREAM, parsed->host, parsed->port);
        case config::Transport::udp:
            return os::inet_endpoint(SOCK_DGRAM, parsed->host, parsed->port);
        case config::Transport::unix_stream: return os::path_endpoint(parsed->path);
    }
    std::unreachable();
}

// In one write, and only the last line changes: a reader sees the place as it was, or as it is.
void Listeners::write_note(const std::string& unit, const Socket& socket) {
    const std::string text = unit + "\n" + socket.name + "\n" + socket.address + "\n" +
                             std::to_string(socket.index) + "\n" + std::to_string(socket.place) +
                             "\n";
    std::ignore = ::pwrite(socket.note.get(), text.data(), text.size(), 0);
}

void Listeners::hold(const std::string& unit, Socket& socket) {
    socket.number = next_++;
    socket.note = os::Fd{::memfd_create("superd-listener", MFD_CLOEXEC)};
    if (!socket.note) return;  // It goes with this process then, and is opened anew.
    write_note(unit, socket);
    link_.hold(held_name(socket.number), std::array{socket.fd.get(), socket.note.get()});
}

std::set<std::string> Listeners::adopt(const std::set<std::string>& held, core::RunId last) {
    std::set<std::string> taken;
    std::vector<std::pair<std::string, Socket>> ended;
    for (const std::string& name : held) {
        Socket socket;
        if (!name.starts_with(prefix) || !read_number(name.substr(prefix.size()), socket.number)) {
            continue;
        }
        auto [fd, note] = link_.fetch(name);
        const auto lines = note ? read_lines(note) : std::vector<std::string>{};
        if (lines.size() < 5 || !read_number(lines[3], socket.index) ||
            !read_number(lines[4], socket.place)) {
            continue;
        }
        socket.name = lines[1];
        socket.address = lines[2];
        socket.fd = std::move(fd);
        socket.note = std::move(note);
        socket.first_run = 0;
        socket.last_run = last;
        next_ = std::max(next_, socket.number + 1);
        const auto endpoint = endpoint_of(socket.address);
        if (!endpoint || !os::listens_at(socket.fd.get(), *endpoint)) {
            ended.emplace_back(lines[0], std::move(socket));
            continue;
        }
        groups_[lines[0]].sockets.push_back(std::move(socket));
        taken.insert(name);
    }
    // The supervisor before has ended these, and perhaps not come to note what that changed.
    for (const auto& [unit, gone] : ended) leave_places(unit, groups_[unit], gone);
    std::erase_if(groups_, [](const auto& each) { return each.second.sockets.empty(); });
    return taken;
}

void Listeners::close(const std::string& unit, Group& group, std::size_t at) {
    Socket& gone = group.sockets[at];
    if (const auto endpoint = endpoint_of(gone.address)) {
        os::end_listening(gone.fd, *endpoint, gone.is_listed());
    }
    leave_places(unit, group, gone);
    link_.release(held_name(gone.number));
    group.steered.erase(gone.address);
    group.sockets.erase(group.sockets.begin() + static_cast<std::ptrdiff_t>(at));
}

std::optional<Listeners::Failure> Listeners::open_one(const config::Unit& unit,
                                                      const config::Listener& listener,
                                                      const Taker& taker,
                                                      const std::function<bool(pid_t)>& ours) {
    Group& group = groups_[unit.spec.name];
    Socket socket = wanted(listener, taker.index);
    const auto failed = [&](const std::string& cause, bool transient) {
        return Failure{taker.whose + ": cannot listen at " + socket.address +
                           place_text(unit, listener) + ": " + cause,
                       transient};
    };
    const auto endpoint = endpoint_of(socket.address);
    if (!endpoint) return failed("this is no address", false);
    const bool joins = std::ranges::any_of(
        group.sockets, [&](const Socket& each) { return meet(each.address, socket.address); });
    auto fd = os::listen_at(*endpoint, options_of(listener), !joins);
    if (!fd && !joins && fd.error().code == std::errc::address_in_use && !endpoint->is_path()) {
        // What outlived all of superd, or runs by an earlier definition, is not in the way.
        const auto owner = os::owner_of(*endpoint);
        if (owner && ours(owner->pid)) fd = os::listen_at(*endpoint, options_of(listener), false);
    }
    if (!fd) return failed(cause_text(fd.error(), *endpoint), may_pass(fd.error().code));
    socket.fd = std::move(*fd);
    socket.place = socket.is_listed() ? next_place(group, socket) : -1;
    give(socket, taker.run);
    hold(unit.spec.name, socket);
    group.steered.erase(socket.address);
    group.sockets.push_back(std::move(socket));
    return std::nullopt;
}

std::optional<Listeners::Failure> Listeners::open(const config::Unit& unit, const Taker& taker,
                                                  const std::function<bool(pid_t)>& ours) {
    const std::string& name = unit.spec.name;
    if (const auto found = groups_.find(name); found != groups_.end()) {
        Group& group = found->second;
        for (std::size_t at = group.sockets.size(); at-- > 0;) {
            const Socket& each = group.sockets[at];
            if (each.index != taker.index && each.index != shared) continue;
            const auto endpoint = endpoint_of(each.address);
            const bool whole = endpoint && os::listens_at(each.fd.get(), *endpoint);
            if (!whole) close(name, group, at);
        }
    }
    for (const config::Listener& listener : unit.listeners) {
        const Socket socket = wanted(listener, taker.index);
        const auto endpoint = endpoint_of(socket.address);
        auto& sockets = groups_[name].sockets;
        const auto present =
            std::ranges::find_if(sockets, [&](const Socket& each) { return same(each, socket); });
        if (present != sockets.end() && endpoint) {
            os::set_options(present->fd, *endpoint, options_of(listener));
            give(*present, taker.run);
            if (std::exchange(present->name, socket.name) != socket.name) {
                write_note(name, *present);
            }
            continue;
        }
        if (auto failure = open_one(unit, listener, taker, ours)) {
            forget_if_empty(name);
            return failure;
        }
    }
    forget_if_empty(name);
    return std::nullopt;
}

void Listeners::close_unnamed(const config::Unit& unit,
                              const std::function<bool(const Socket&)>& used) {
    const auto found = groups_.find(unit.spec.name);
    if (found == groups_.end()) return;
    Group& group = found->second;
    for (std::size_t at = group.sockets.size(); at-- > 0;) {
        const Socket& each = group.sockets[at];
        if (!names(unit, each) && !used(each)) close(unit.spec.name, group, at);
    }
    forget_if_empty(unit.spec.name);
}

void Listeners::forget_if_empty(const std::string& unit) {
    const auto found = groups_.find(unit);
    if (found != groups_.end() && found->second.sockets.empty()) groups_.erase(found);
}

std::vector<const Listeners::Socket*> Listeners::of(const config::Unit& unit,
                                                    std::uint32_t index) const {
    std::vector<const Socket*> found;
    const auto group = groups_.find(unit.spec.name);
    if (group == groups_.end()) return found;
    for (const config::Listener& listener : unit.listeners) {
        const Socket socket = wanted(listener, index);
        for (const Socket& each : group->second.sockets) {
            if (same(each, socket)) found.push_back(&each);
        }
    }
    return found;
}

const std::vector<Listeners::Socket>* Listeners::find(std::string_view unit) const {
    const auto found = groups_.find(unit);
    return found == groups_.end() ? nullptr : &found->second.sockets;
}

bool Listeners::restore(const config::Unit& unit, const Taker& taker, const std::string& name,
                        os::Fd fd) {
    const auto listener = std::ranges::find(unit.listeners, name, &config::Listener::name);
    if (listener == unit.listeners.end()) return false;
    Socket socket = wanted(*listener, taker.index);
    const auto endpoint = endpoint_of(socket.address);
    if (!endpoint || !os::listens_at(fd.get(), *endpoint)) return false;
    auto& sockets = groups_[unit.spec.name].sockets;
    const auto known =
        std::ranges::find_if(sockets, [&](const Socket& each) { return same(each, socket); });
    if (known != sockets.end()) {
        give(*known, taker.run);
        return true;
    }
    give(socket, taker.run);
    socket.fd = std::move(fd);  // In which order they joined, nobody knows any more.
    hold(unit.spec.name, socket);
    sockets.push_back(std::move(socket));
    return true;
}

void Listeners::close(const std::string& unit, std::uint32_t index, bool last) {
    const auto found = groups_.find(unit);
    if (found == groups_.end()) return;
    Group& group = found->second;
    for (std::size_t at = group.sockets.size(); at-- > 0;) {
        const std::uint32_t its = group.sockets[at].index;
        const bool goes = its == shared ? last : its == index;
        if (goes) close(unit, group, at);
    }
    if (group.sockets.empty()) groups_.erase(found);
}

std::vector<std::string> Listeners::units() const {
    std::vector<std::string> names;
    for (const auto& [name, group] : groups_) names.push_back(name);
    return names;
}

std::uint32_t Listeners::waiting(std::string_view unit, std::uint32_t index) const {
    std::uint32_t waiting = 0;
    const auto* const sockets = find(unit);
    if (sockets == nullptr) return 0;
    for (const Socket& each : *sockets) {
        if (each.index != index) continue;
        if (const auto queue = os::accept_queue(each.fd)) waiting += queue->waiting;
    }
    return waiting;
}

}  // namespace superd::supervisor
