#include "bus/bus.hpp"

#include "bus/face.hpp"
#include "control/hub.hpp"
#include "control/limits.hpp"

#include <cstdlib>
#include <utility>

namespace superd::bus {

namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

struct Bus::Parts {
    std::shared_ptr<control::Hub> hub;
    Face face;
};

Bus::Bus(boost::asio::io_context& io, const Setting& setting, supervisor::Operations& operations,
         std::function<void(const std::string& text)> say) {
    auto address = choose_address(setting, variable);
    if (address.empty()) return;
    if (!names_only_sockets(address)) {
        say("cannot use the D-Bus address " + address + ": expected unix:path=…");
        return;
    }
    auto hub = std::make_shared<control::Hub>(operations, control::Limits{});
    parts_.reset(new Parts{hub, {io, std::move(address), hub, std::move(say)}});
    parts_->face.start();
}

Bus::~Bus() { stop(); }

void Bus::stop() {
    if (!parts_) return;
    parts_->face.stop();
    parts_->hub->stop();
    parts_.reset();
}

}  // namespace superd::bus
