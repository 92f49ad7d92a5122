// A unit's listeners, as the control API tells of them.
#include "supervisor/status.hpp"

#include <algorithm>

namespace superd::supervisor {

std::vector<wire::ListenerStatus> listener_status(const Listeners& listeners,
                                                  const std::string& unit) {
    std::vector<wire::ListenerStatus> all;
    const auto* const sockets = listeners.find(unit);
    if (sockets == nullptr) return all;
    for (const Listeners::Socket& each : *sockets) {
        auto listener = std::ranges::find_if(all, [&](const wire::ListenerStatus& known) {
            return known.name == each.name && known.address == each.address;
        });
        if (listener == all.end()) {
            all.push_back({each.name, each.address, {}});
            listener = all.end() - 1;
        }
        wire::SocketStatus socket;
        if (each.index != Listeners::shared) socket.instance = each.index;
        socket.open = listeners.is_open(unit, each);
        if (const auto queue = os::accept_queue(each.fd)) {
            socket.waiting = queue->waiting;
            socket.limit = queue->limit;
        }
        listener->sockets.push_back(socket);
    }
    for (auto& listener : all) {
        std::ranges::sort(listener.sockets, {}, &wire::SocketStatus::instance);
    }
    std::ranges::sort(all, {}, [](const auto& each) { return std::pair{each.name, each.address}; });
    return all;
}

}  // namespace superd::supervisor
