// superd on the bus: takes what clients send to its objects, and answers it.
#pragma once

#include "bus/address.hpp"
#include "bus/announcer.hpp"
#include "bus/clients.hpp"
#include "bus/jobs.hpp"
#include "bus/link.hpp"
#include "bus/pending_call.hpp"
#include "bus/polkit.hpp"
#include "control/hub.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

namespace superd::bus {

// Where a message is sent to: one of superd's objects.
struct Object {
    enum class Kind { above, root, units, manager, unit };
    Kind kind = Kind::above;
    std::string unit;
};

class Face {
public:
    using Say = std::function<void(const std::string& text)>;

    Face(boost::asio::io_context& io, std::string address, std::shared_ptr<control::Hub> hub,
         Say say);
    ~Face();
    Face(const Face&) = delete;
    Face& operator=(const Face&) = delete;

    void start() { link_.start(); }
    void stop();

private:
    static int on_message(sd_bus_message* message, void* self, sd_bus_error* error);

    void up(sd_bus& bus);
    void down();
    void take_name(sd_bus& bus);
    void name_told(sd_bus_message* answer);
    void gone(const std::string& name);

    // face_objects.cpp
    void handle(Client& client, sd_bus_message* message);
    // `blind`: for those who are not to know which units there are, each might be.
    std::optional<Object> object_of(const char* path, bool blind) const;
    void introspect(const Object& object, sd_bus_message* message);
    void properties(const Object& object, sd_bus_message* message);
    void managed_objects(sd_bus_message* message);
    std::vector<Property> properties_of(const Object& object) const;

    // face_methods.cpp
    void call(Client& client, const Object& object, sd_bus_message* message);
    void call_own(Client& client, const Method& method, sd_bus_message* message);
    void subscribe(Client& client, bool wanted, sd_bus_message* message);
    void get_unit(sd_bus_message* message);
    void open_control(const Client& client, sd_bus_message* message);

    boost::asio::io_context& io_;
    std::shared_ptr<control::Hub> hub_;
    Say say_;
    std::string said_;  // Last.
    Link link_;
    Clients clients_;
    PendingCalls calls_;
    Polkit polkit_;
    Jobs jobs_;
    Announcer announcer_;
    Slot objects_;
    std::shared_ptr<int> life_ = std::make_shared<int>();  // What is asked for sessions knows it.
};

}  // namespace superd::bus
