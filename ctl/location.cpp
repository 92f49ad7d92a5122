#include "ctl/location.hpp"

#include <unistd.h>

#include <cstdlib>

namespace superctl {

Surroundings real_surroundings() {
    return {::geteuid(),
            [](const char* name) {
                const char* const value = std::getenv(name);
                return std::string{value == nullptr ? "" : value};
            },
            [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }};
}

std::string socket_path(const Invocation& invocation, const Surroundings& surroundings) {
    constexpr const char* name = "/control.sock";
    if (invocation.has("--socket")) return std::string{invocation.value("--socket")};
    if (invocation.has("--runtime-dir")) {
        return std::string{invocation.value("--runtime-dir")} + name;
    }
    const auto directory = surroundings.variable("SUPERD_RUNTIME_DIR");
    if (!directory.empty()) return directory + name;
    if (surroundings.uid != 0) {
        const auto runtime = surroundings.variable("XDG_RUNTIME_DIR");
        const auto own = runtime.empty() ? "/tmp/superd-" + std::to_string(surroundings.uid)
                                         : runtime + "/superd";
        if (surroundings.exists(own + name)) return own + name;
    }
    return std::string{"/run/superd"} + name;
}

std::string bus_address(const Invocation& invocation, const Surroundings& surroundings) {
    if (!invocation.has("--bus")) return {};
    const bool session = invocation.has("--user");
    auto named =
        surroundings.variable(session ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
    if (!named.empty()) return named;
    if (!session) return "unix:path=/run/dbus/system_bus_socket";
    const auto runtime = surroundings.variable("XDG_RUNTIME_DIR");
    const auto own = runtime.empty() ? "/run/user/" + std::to_string(surroundings.uid) : runtime;
    return "unix:path=" + own + "/bus";
}

}  // namespace superctl
