// superd as an archive that needs no library: without D-Bus.
#include "bus/bus.hpp"

namespace superd::bus {

struct Bus::Parts {};

Bus::Bus(boost::asio::io_context&, const Setting& setting, supervisor::Operations&,
         std::function<void(const std::string& text)> say) {
    if (setting.address == "auto" || setting.address == "off") return;
    say("cannot be on D-Bus: this superd is built without it");
}

Bus::~Bus() = default;

void Bus::stop() {}

}  // namespace superd::bus
