#include "bus/names.hpp"

#include <cstdlib>
#include <memory>
#include <systemd/sd-bus.h>

namespace superd::bus {

namespace {

struct Free {
    void operator()(char* text) const { std::free(text); }
};
using CText = std::unique_ptr<char, Free>;

}  // namespace

std::string path_of_unit(const std::string& name) {
    char* made = nullptr;
    const int error = sd_bus_path_encode(unit_prefix, name.c_str(), &made);
    const CText path{made};
    return error < 0 ? std::string{unit_prefix} : std::string{made};
}

std::optional<std::string> unit_of_path(const char* path) {
    char* made = nullptr;
    const int found = sd_bus_path_decode(path, unit_prefix, &made);
    const CText name{made};
    // Nothing is below a unit.
    if (found <= 0 || *made == '\0' || std::string_view{made}.contains('/')) return {};
    return std::string{made};
}

const char* error_name(unsigned status, std::string_view kind) {
    if (kind == "not-found") return "org.superd.Error.NoSuchUnit";
    if (kind == "interactive") return SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED;
    if (kind == "forbidden") return SD_BUS_ERROR_ACCESS_DENIED;
    if (status == 400) return SD_BUS_ERROR_INVALID_ARGS;
    if (status == 409) return "org.superd.Error.Failed";
    if (status == 504) return "org.superd.Error.Timeout";
    if (status == 503) return SD_BUS_ERROR_LIMITS_EXCEEDED;
    return "org.superd.Error.Internal";
}

}  // namespace superd::bus
