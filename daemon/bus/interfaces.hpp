// The interfaces' descriptions, as packaging/dbus has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace superd::bus {

// The whole files.
std::string_view manager_xml();
std::string_view unit_xml();

// What org.freedesktop.DBus.Introspectable tells: the interface of such a file, those that every
// object has, and the objects below.
std::string introspection(std::string_view file, const std::vector<std::string>& children);
// Of the object manager, which has no file.
std::string root_introspection();

}  // namespace superd::bus
