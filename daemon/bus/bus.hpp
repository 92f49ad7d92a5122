// superd on D-Bus: the second face of the control API. packaging/dbus documents the interfaces.
#pragma once

#include "bus/address.hpp"
#include "supervisor/operations.hpp"

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

namespace superd::bus {

class Face;

// On the bus, whenever that is there, from construction until stop() or destruction; on the
// io_context's one thread. The operations must outlive it.
class Bus {
public:
    // `say` is told what an operator should know, a sentence at a time.
    Bus(boost::asio::io_context& io, const Setting& setting, supervisor::Operations& operations,
        std::function<void(const std::string& text)> say);
    ~Bus();
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    // Leaves the bus; no operation is called from here on.
    void stop();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace superd::bus
