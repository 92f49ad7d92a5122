// What every object on the bus can be asked.
#include "bus/face.hpp"
#include "bus/interfaces.hpp"
#include "bus/names.hpp"
#include "bus/reply.hpp"
#include "control/answer.hpp"

#include <algorithm>
#include <string_view>

namespace superd::bus {

namespace {

constexpr std::string_view introspectable = "org.freedesktop.DBus.Introspectable";
constexpr std::string_view properties_interface = "org.freedesktop.DBus.Properties";
constexpr std::string_view object_manager = "org.freedesktop.DBus.ObjectManager";

void reply_text(sd_bus_message* call, const std::string& text) {
    sd_bus_reply_method_return(call, "s", text.c_str());
}

const char* interface_of(const Object& object) {
    return object.kind == Object::Kind::unit ? unit_interface : manager_interface;
}

bool has_interface(const Object& object) {
    return object.kind == Object::Kind::unit || object.kind == Object::Kind::manager;
}

void refuse_member(sd_bus_message* message, const char* name, std::string_view what) {
    const char* const member = sd_bus_message_get_member(message);
    send_error(message, name,
               "cannot call " + std::string{member} + ": " + std::string{what} +
                   "; org.superd(5) describes all");
}

int append_object(sd_bus_message* out, const std::string& path, const char* interface,
                  const std::vector<Property>& properties) {
    int error = sd_bus_message_open_container(out, 'e', "oa{sa{sv}}");
    if (error >= 0) error = sd_bus_message_append_basic(out, 'o', path.c_str());
    if (error >= 0) error = sd_bus_message_open_container(out, 'a', "{sa{sv}}");
    if (error >= 0) error = sd_bus_message_open_container(out, 'e', "sa{sv}");
    if (error >= 0) error = sd_bus_message_append_basic(out, 's', interface);
    if (error >= 0) error = append_properties(out, properties);
    if (error >= 0) error = sd_bus_message_close_container(out);
    if (error >= 0) error = sd_bus_message_close_container(out);
    return error < 0 ? error : sd_bus_message_close_container(out);
}

}  // namespace

std::optional<Object> Face::object_of(const char* path, bool blind) const {
    const std::string_view at{path};
    if (at == "/" || at == "/org") return Object{Object::Kind::above, {}};
    if (at == root_path) return Object{Object::Kind::root, {}};
    if (at == manager_path) return Object{Object::Kind::manager, {}};
    if (at == unit_prefix) return Object{Object::Kind::units, {}};
    const auto unit = unit_of_path(path);
    if (!unit) return {};
    if (blind) return Object{Object::Kind::unit, *unit};
    const auto selected = hub_->operations()->select({*unit});
    const bool exact = selected.targets.size() == 1 && selected.targets[0].unit == *unit;
    return exact ? std::optional{Object{Object::Kind::unit, *unit}} : std::nullopt;
}

void Face::handle(Client& client, sd_bus_message* message) {
    if (hub_->operations() == nullptr) return;
    const char* const path = sd_bus_message_get_path(message);
    const char* const named = sd_bus_message_get_interface(message);
    const std::string_view interface = named == nullptr ? "" : named;
    const bool needs_reading = interface == introspectable || interface == properties_interface ||
                               interface == object_manager;
    const auto refusal =
        control::refuse_stranger(control::StatusCall{}, peer_of(client), *hub_->operations());
    if (refusal && needs_reading) return send_refusal(message, *refusal);
    // What is to be changed may be allowed by polkit to those who may not look.
    const auto object = object_of(path, refusal.has_value());
    if (!object) {
        return send_error(message, SD_BUS_ERROR_UNKNOWN_OBJECT,
                          "cannot find the object " + std::string{path});
    }
    if (interface == introspectable) return introspect(*object, message);
    if (interface == properties_interface) return properties(*object, message);
    if (interface == object_manager) return managed_objects(message);
    call(client, *object, message);
}

void Face::introspect(const Object& object, sd_bus_message* message) {
    const std::string_view path = sd_bus_message_get_path(message);
    switch (object.kind) {
        case Object::Kind::above:
            return reply_text(message, introspection({}, {path == "/" ? "org" : "superd"}));
        case Object::Kind::root: return reply_text(message, root_introspection());
        case Object::Kind::manager: return reply_text(message, introspection(manager_xml(), {}));
        case Object::Kind::unit: return reply_text(message, introspection(unit_xml(), {}));
        case Object::Kind::units: break;
    }
    std::vector<std::string> children;
    for (const auto& target : hub_->operations()->select({}).targets) {
        children.push_back(path_of_unit(target.unit).substr(path.size() + 1));
    }
    reply_text(message, introspection({}, children));
}

std::vector<Property> Face::properties_of(const Object& object) const {
    if (object.kind == Object::Kind::manager) {
        return {{"Version", "s", std::string{SUPERD_VERSION}}};
    }
    const auto* const operations = hub_->operations();
    const auto status = operations->status(operations->select({object.unit}).targets, {});
    return status.units.empty() ? std::vector<Property>{}
                                : bus::properties_of(status.units.front());
}

void Face::properties(const Object& object, sd_bus_message* message) {
    const std::string_view member = sd_bus_message_get_member(message);
    const char *interface = nullptr, *name = nullptr;
    const bool one = member == "Get" || member == "Set";
    if (!one && member != "GetAll") {
        return refuse_member(message, SD_BUS_ERROR_UNKNOWN_METHOD, "there is no such method");
    }
    if (sd_bus_message_read(message, "s", &interface) < 0 ||
        (one && sd_bus_message_read(message, "s", &name) < 0)) {
        return refuse_member(message, SD_BUS_ERROR_INVALID_ARGS, "its arguments are texts");
    }
    const bool known = has_interface(object) && std::string_view{interface} == interface_of(object);
    if (!known && *interface != '\0') {
        return refuse_member(message, SD_BUS_ERROR_UNKNOWN_INTERFACE,
                             "the object has no interface " + std::string{interface});
    }
    const auto all = has_interface(object) ? properties_of(object) : std::vector<Property>{};
    sd_bus_message* made = nullptr;
    int error = sd_bus_message_new_method_return(message, &made);
    const Message reply{made};
    if (!one) {
        if (error >= 0) error = append_properties(made, all);
        return send_made(message, made, error);
    }
    const auto found = std::ranges::find(all, std::string_view{name}, &Property::name);
    if (found == all.end()) {
        return refuse_member(message, SD_BUS_ERROR_UNKNOWN_PROPERTY,
                             "the object has no property " + std::string{name});
    }
    if (member == "Set") {
        return refuse_member(message, SD_BUS_ERROR_PROPERTY_READ_ONLY,
                             std::string{name} + " is to be read only; a method may change it");
    }
    if (error >= 0) error = append_variant(made, *found);
    send_made(message, made, error);
}

void Face::managed_objects(sd_bus_message* message) {
    const std::string_view member = sd_bus_message_get_member(message);
    const std::string_view path = sd_bus_message_get_path(message);
    if (path != root_path || member != "GetManagedObjects") {
        return refuse_member(message, SD_BUS_ERROR_UNKNOWN_METHOD, "there is no such method");
    }
    const auto* const operations = hub_->operations();
    const auto status = operations->status(operations->select({}).targets, {});
    sd_bus_message* made = nullptr;
    int error = sd_bus_message_new_method_return(message, &made);
    const Message reply{made};
    if (error >= 0) error = sd_bus_message_open_container(made, 'a', "{oa{sa{sv}}}");
    if (error >= 0) {
        error = append_object(made, manager_path, manager_interface,
                              properties_of({Object::Kind::manager, {}}));
    }
    for (const auto& unit : status.units) {
        if (error < 0) break;
        error =
            append_object(made, path_of_unit(unit.name), unit_interface, bus::properties_of(unit));
    }
    if (error >= 0) error = sd_bus_message_close_container(made);
    send_made(message, made, error);
}

}  // namespace superd::bus
