// What superd is called on the bus.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace superd::bus {

inline constexpr const char* bus_name = "org.superd";
// The object manager: it knows of the manager and of all units.
inline constexpr const char* root_path = "/org/superd";
inline constexpr const char* manager_path = "/org/superd/manager";
inline constexpr const char* unit_prefix = "/org/superd/unit";
inline constexpr const char* manager_interface = "org.superd.Manager1";
inline constexpr const char* unit_interface = "org.superd.Unit1";

// "/org/superd/unit/my_2dweb", and back: empty for any other path.
std::string path_of_unit(const std::string& name);
std::optional<std::string> unit_of_path(const char* path);

// The name of the error that a refusal becomes, by the kind and the HTTP status of the API.
const char* error_name(unsigned status, std::string_view kind);

}  // namespace superd::bus
