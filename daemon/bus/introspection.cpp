#include "bus/interfaces.hpp"

namespace superd::bus {

namespace {

constexpr std::string_view head =
    "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
    " \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n<node>\n";

constexpr std::string_view standard = R"(  <interface name="org.freedesktop.DBus.Peer">
    <method name="Ping"/>
    <method name="GetMachineId">
      <arg name="machine_uuid" type="s" direction="out"/>
    </method>
  </interface>
  <interface name="org.freedesktop.DBus.Introspectable">
    <method name="Introspect">
      <arg name="xml_data" type="s" direction="out"/>
    </method>
  </interface>
)";

constexpr std::string_view properties = R"(  <interface name="org.freedesktop.DBus.Properties">
    <method name="Get">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="property_name" type="s" direction="in"/>
      <arg name="value" type="v" direction="out"/>
    </method>
    <method name="GetAll">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="props" type="a{sv}" direction="out"/>
    </method>
    <method name="Set">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="property_name" type="s" direction="in"/>
      <arg name="value" type="v" direction="in"/>
    </method>
    <signal name="PropertiesChanged">
      <arg name="interface_name" type="s"/>
      <arg name="changed_properties" type="a{sv}"/>
      <arg name="invalidated_properties" type="as"/>
    </signal>
  </interface>
)";

constexpr std::string_view object_manager =
    R"(  <interface name="org.freedesktop.DBus.ObjectManager">
    <method name="GetManagedObjects">
      <arg name="objects" type="a{oa{sa{sv}}}" direction="out"/>
    </method>
    <signal name="InterfacesAdded">
      <arg name="object" type="o"/>
      <arg name="interfaces" type="a{sa{sv}}"/>
    </signal>
    <signal name="InterfacesRemoved">
      <arg name="object" type="o"/>
      <arg name="interfaces" type="as"/>
    </signal>
  </interface>
)";

std::string whole(std::string_view own, const std::vector<std::string>& children) {
    std::string out{head};
    out += standard;
    out += own;
    for (const auto& child : children) out += "  <node name=\"" + child + "\"/>\n";
    return out + "</node>\n";
}

}  // namespace

std::string introspection(std::string_view file, const std::vector<std::string>& children) {
    constexpr std::string_view end = "</interface>\n";
    const auto from = file.find("  <interface ");
    const auto to = file.rfind(end);
    if (from == file.npos || to == file.npos) return whole({}, children);
    std::string own{properties};
    own += file.substr(from, to + end.size() - from);
    return whole(own, children);
}

std::string root_introspection() { return whole(object_manager, {"manager", "unit"}); }

}  // namespace superd::bus
