#include "bus/face.hpp"

#include "bus/names.hpp"
#include "bus/reply.hpp"

#include <exception>
#include <utility>

namespace superd::bus {

namespace {

constexpr std::chrono::seconds patience{25};

}  // namespace

Face::Face(boost::asio::io_context& io, std::string address, std::shared_ptr<control::Hub> hub,
           Say say)
    : io_{io},
      hub_{std::move(hub)},
      say_{std::move(say)},
      link_{io, std::move(address), {[this](sd_bus& bus) { up(bus); }, [this] { down(); }}},
      clients_{{[this](Client& client, sd_bus_message* message) { handle(client, message); },
                [this](const std::string& name) { gone(name); }}},
      polkit_{calls_},
      jobs_{io, link_, clients_, polkit_, hub_},
      announcer_{io, link_, clients_, hub_} {}

Face::~Face() { stop(); }

void Face::stop() {
    life_.reset();
    link_.stop();
}

void Face::up(sd_bus& bus) {
    sd_bus_slot* slot = nullptr;
    if (sd_bus_add_fallback(&bus, &slot, "/", on_message, this) < 0) return link_.drop();
    objects_.reset(slot);
    take_name(bus);
}

// A superd that ends gives the name up by leaving the bus; another that has it keeps it for as
// long.
void Face::take_name(sd_bus& bus) {
    constexpr std::uint32_t wait_in_queue = 0;
    sd_bus_message* made = nullptr;
    int error =
        sd_bus_message_new_method_call(&bus, &made, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName");
    const Message request{made};
    if (error >= 0) error = sd_bus_message_append(made, "su", bus_name, wait_in_queue);
    const auto told = [this](sd_bus_message* answer) { name_told(answer); };
    if (error < 0 || !calls_.call(bus, made, patience, told)) link_.drop();
}

void Face::name_told(sd_bus_message* answer) {
    constexpr std::uint32_t in_queue = 2;
    if (answer == nullptr) return;
    // Said once: the sentence itself may name the connection, which is another each time.
    std::string problem, kind;
    std::uint32_t code = 0;
    if (sd_bus_message_is_method_error(answer, nullptr) > 0) {
        const sd_bus_error* const error = sd_bus_message_get_error(answer);
        kind = error->name;
        problem = error->message != nullptr ? error->message : error->name;
        // The bus may be told of packaging/dbus/org.superd.conf later: then it lets us.
        link_.drop();
    } else if (sd_bus_message_read_basic(answer, 'u', &code) >= 0 && code == in_queue) {
        kind = problem = "another process has it; waiting for its end";
    }
    if (kind != said_ && !kind.empty()) {
        say_("cannot be " + std::string{bus_name} + " on D-Bus: " + problem);
    }
    said_ = kind;
}

void Face::down() {
    jobs_.clear();
    announcer_.end();
    clients_.clear();
    calls_.fail_all();
    objects_.reset();
}

void Face::gone(const std::string& name) {
    jobs_.forget(name);
    announcer_.look_at_subscribers();
}

int Face::on_message(sd_bus_message* message, void* self, sd_bus_error*) {
    auto& face = *static_cast<Face*>(self);
    try {
        face.clients_.take(*sd_bus_message_get_bus(message), message);
    } catch (const std::exception& error) {
        send_error(message, SD_BUS_ERROR_NO_MEMORY,
                   "cannot carry this out: " + std::string{error.what()});
    }
    return 1;
}

}  // namespace superd::bus
