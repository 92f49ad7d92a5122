// Units that are named as systemctl(1) names them, and are where systemd itself reads them.
#pragma once

#include "ctl/exit_code.hpp"

#include <array>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

// Of a system's units; what is in one goes before what is in those after it: systemd.unit(5).
inline constexpr std::array<std::string_view, 5> systemd_directories{
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system"};

// A unit's file (of an instance, perhaps its template's) and its drop-ins.
struct SystemdFiles {
    std::string name;  // "web@blue.service"
    std::string file;
    std::vector<std::string> drop_ins;
};

// Of "nginx.service", or "nginx", which is short for it.
std::expected<SystemdFiles, Failure> find_systemd_unit(
    std::string_view name, std::span<const std::string_view> directories);

}  // namespace superctl::importing
