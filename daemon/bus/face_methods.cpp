// The methods of superd's own interfaces.
#include "bus/face.hpp"
#include "bus/names.hpp"
#include "bus/reply.hpp"
#include "bus/request.hpp"
#include "control/route.hpp"
#include "control/session.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace superd::bus {

void Face::call(Client& client, const Object& object, sd_bus_message* message) {
    const char* const named = sd_bus_message_get_interface(message);
    const std::string member = sd_bus_message_get_member(message);
    const bool of_unit = object.kind == Object::Kind::unit;
    const std::string_view own = of_unit                                ? unit_interface
                                 : object.kind == Object::Kind::manager ? manager_interface
                                                                        : "";
    if (own.empty() || (named != nullptr && named != own)) {
        return send_error(message, SD_BUS_ERROR_UNKNOWN_INTERFACE,
                          "the object " + std::string{sd_bus_message_get_path(message)} +
                              " has no interface " + (named == nullptr ? "" : named));
    }
    const Method* const method = find_method(own, member);
    if (method == nullptr) {
        return send_error(message, SD_BUS_ERROR_UNKNOWN_METHOD,
                          std::string{own} + " has no method " + member);
    }
    const std::string wanted{method->in};
    if (sd_bus_message_has_signature(message, wanted.c_str()) <= 0) {
        return send_error(message, SD_BUS_ERROR_INVALID_ARGS,
                          "cannot call " + member + ": its arguments are (" + wanted + "), not (" +
                              sd_bus_message_get_signature(message, 1) + ")");
    }
    if (method->path.empty()) return call_own(client, *method, message);
    const auto request = to_request(*method, object.unit, message);
    if (!request) return send_refusal(message, request.error());
    auto called = control::route(*request);
    if (!called) return send_refusal(message, called.error());
    jobs_.begin(client, message, *method, std::move(*called));
}

void Face::call_own(Client& client, const Method& method, sd_bus_message* message) {
    if (method.member == "OpenControl") return open_control(client, message);
    const auto refusal =
        control::refuse_stranger(control::StatusCall{}, peer_of(client), *hub_->operations());
    if (refusal) return send_refusal(message, *refusal);
    if (method.member == "GetUnit") return get_unit(message);
    subscribe(client, method.member == "Subscribe", message);
}

void Face::subscribe(Client& client, bool wanted, sd_bus_message* message) {
    client.subscribed = wanted;
    announcer_.look_at_subscribers();
    sd_bus_reply_method_return(message, "");
}

void Face::get_unit(sd_bus_message* message) {
    const char* name = nullptr;
    if (sd_bus_message_read(message, "s", &name) < 0) return;
    const auto path = path_of_unit(name);
    if (object_of(path.c_str(), false)) {
        sd_bus_reply_method_return(message, "o", path.c_str());
        return;
    }
    const auto selected = hub_->operations()->select({name});
    send_error(message, "org.superd.Error.NoSuchUnit",
               selected.error.empty() ? "no unit is called \"" + std::string{name} + "\""
                                      : selected.error);
}

// The caller's end goes over the bus; ours is served as a client of the control socket is.
void Face::open_control(const Client& client, sd_bus_message* message) {
    auto peer = peer_of(client);
    if (const auto refusal = hub_->refuse(peer)) {
        return send_error(message, SD_BUS_ERROR_LIMITS_EXCEEDED,
                          refusal->error.message + ": " + refusal->error.hint);
    }
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return send_error(message, SD_BUS_ERROR_LIMITS_EXCEEDED,
                          "cannot make a connection: " + std::string{std::strerror(errno)});
    }
    const os::Fd theirs{ends[1]};
    os::Fd ours{ends[0]};
    const bool interactive = sd_bus_message_get_allow_interactive_authorization(message) > 0;
    peer.ask = [this, life = std::weak_ptr{life_},
                subject = Subject{client.name, client.uid, interactive}](
                   control::Call call, std::function<void(control::Verdict)> told) {
        if (life.expired()) return;
        if (link_.bus() != nullptr) {
            polkit_.ask(*link_.bus(), subject, std::move(call), *hub_->operations(),
                        std::move(told));
            return link_.sent();
        }
        told(std::unexpected{control::Refusal{
            403,
            {"forbidden", "cannot ask polkit: the bus is lost", "try again in a moment"},
            {}}});
    };
    control::Session::Socket socket{io_, boost::asio::local::stream_protocol{}, ours.get()};
    [[maybe_unused]] const int owned_by_socket = ours.release();
    control::Session::launch(std::move(socket), std::move(peer), hub_);
    // sd-bus takes a copy.
    sd_bus_reply_method_return(message, "h", theirs.get());
}

}  // namespace superd::bus
