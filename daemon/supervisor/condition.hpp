// How superd is, for the service manager that started it. The keeper passes it on.
#pragma once

#include "core/system.hpp"
#include "supervisor/definitions.hpp"
#include "supervisor/keeper_link.hpp"

#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

class Condition {
public:
    // All outlive it.
    Condition(const boost::asio::any_io_executor& executor, KeeperLink& link,
              const core::System& system, const Definitions& definitions);

    // There is a manager, and superd serves. Before it nothing is told.
    void begin();
    // While superd stops, that is what it does, whatever else.
    void tell(keeper::Phase phase);
    // Something has happened: it is told when half a second is over, however much it is.
    void tell_later();

private:
    KeeperLink& link_;
    const core::System& system_;
    const Definitions& definitions_;
    boost::asio::steady_timer timer_;
    std::string told_;
    bool begun_ = false, due_ = false;
};

// "23 of 25 units up, 1 failed". A group is as its members are, and not counted.
std::string describe_condition(const core::System& system);

}  // namespace superd::supervisor
