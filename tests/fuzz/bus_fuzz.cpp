// What a bus sends to superctl.
#include "ctl/bus_message.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const auto whole = superctl::bus_message_size(bytes);
    if (whole && *whole > superctl::bus_message_max) std::abort();
    const auto answer = superctl::parse_bus_message(bytes);
    if (answer && (!whole || *whole != size)) std::abort();
    if (answer && answer->text.size() + answer->error.size() > size) std::abort();
    return 0;
}
