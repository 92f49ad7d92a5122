// Sockets that share an address, as the kernel lists them: which place each has, and who of them
// gets what comes.
#include "supervisor/listeners.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace superd::supervisor {

bool Listeners::Socket::is_listed() const { return index != shared && address.starts_with("tcp:"); }

std::int32_t Listeners::next_place(const Group& group, const Socket& joining) {
    std::int32_t next = 0;
    for (const Socket& each : group.sockets) {
        if (each.address != joining.address) continue;
        if (!each.is_listed() || each.place < 0) return -1;
        next = std::max(next, each.place + 1);
    }
    return next;
}

// The kernel puts the last of the list where one has left.
void Listeners::leave_places(const std::string& unit, Group& group, const Socket& gone) {
    if (!gone.is_listed() || gone.place < 0) return;
    Socket* last = nullptr;
    for (Socket& each : group.sockets) {
        if (&each == &gone || each.address != gone.address) continue;
        if (each.place == gone.place) return;  // Noted already, by a supervisor that died since.
        if (last == nullptr || each.place > last->place) last = &each;
    }
    if (last == nullptr || last->place < gone.place) return;
    last->place = gone.place;
    write_note(unit, *last);
}

void Listeners::steer(const std::string& unit, const std::function<bool(const Socket&)>& takes) {
    const auto found = groups_.find(unit);
    if (found == groups_.end()) return;
    Group& group = found->second;
    std::set<std::string> addresses;
    for (const Socket& each : group.sockets) {
        if (each.is_listed()) addresses.insert(each.address);
    }
    for (const std::string& address : addresses) {
        std::vector<std::uint16_t> open;
        const Socket* any = nullptr;
        std::size_t count = 0;
        bool known = true;
        for (const Socket& each : group.sockets) {
            if (each.address != address) continue;
            known = known && each.is_listed() && each.place >= 0;
            any = &each;
            ++count;
            if (takes(each)) open.push_back(static_cast<std::uint16_t>(std::max(each.place, 0)));
        }
        if (!known || open.size() == count) open.clear();
        std::ranges::sort(open);
        const auto in_force = group.steered.find(address);
        if (in_force != group.steered.end() && in_force->second == open) continue;
        // Where it fails, connections go to all: they wait, at worst.
        if (os::steer(any->fd, open)) group.steered[address] = std::move(open);
    }
}

bool Listeners::is_open(std::string_view unit, const Socket& socket) const {
    const auto found = groups_.find(unit);
    if (found == groups_.end()) return true;
    const auto steered = found->second.steered.find(socket.address);
    if (steered == found->second.steered.end() || steered->second.empty()) return true;
    return std::ranges::find(steered->second, socket.place) != steered->second.end();
}

}  // namespace superd::supervisor
