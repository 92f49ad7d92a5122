#include "bus/address.hpp"

namespace superd::bus {

namespace {

std::string system_bus(const Variable& variable) {
    auto named = variable("DBUS_SYSTEM_BUS_ADDRESS");
    return named.empty() ? "unix:path=/run/dbus/system_bus_socket" : named;
}

std::string session_bus(const Variable& variable) {
    auto named = variable("DBUS_SESSION_BUS_ADDRESS");
    if (!named.empty()) return named;
    const auto runtime = variable("XDG_RUNTIME_DIR");
    return runtime.empty() ? "" : "unix:path=" + runtime + "/bus";
}

}  // namespace

std::string choose_address(const Setting& setting, const Variable& variable) {
    if (setting.address == "off") return {};
    if (setting.address == "system") return system_bus(variable);
    if (setting.address == "session") return session_bus(variable);
    if (setting.address != "auto") return setting.address;
    if (!setting.user) {
        return setting.runtime_directory == "/run/superd" ? system_bus(variable) : std::string{};
    }
    const auto runtime = variable("XDG_RUNTIME_DIR");
    const bool usual = !runtime.empty() && setting.runtime_directory == runtime + "/superd";
    return usual ? session_bus(variable) : std::string{};
}

bool names_only_sockets(std::string_view address) {
    for (;;) {
        if (!address.starts_with("unix:")) return false;
        const auto next = address.find(';');
        if (next == address.npos) return true;
        address.remove_prefix(next + 1);
    }
}

}  // namespace superd::bus
