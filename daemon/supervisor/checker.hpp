// The checks of one run, asked again and again. What their results mean is the core's.
#pragma once

#include "config/unit.hpp"
#include "core/check.hpp"
#include "os/spawn.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

namespace superd::supervisor {

// Destroying it ends what is under way; nothing is called afterwards.
class Checker {
public:
    // Told after each try; an empty problem is a success. May destroy the Checker.
    using Tell = std::function<void(std::uint32_t check, std::string problem)>;

    // `plan` is how the run was started: exec checks get its environment, user,
    // directory, umask and control group.
    static std::unique_ptr<Checker> make(const boost::asio::any_io_executor& executor,
                                         const config::Unit& unit, std::uint32_t index,
                                         core::Instant ready_at, const os::SpawnPlan& plan,
                                         Tell tell);

    Checker() = default;
    virtual ~Checker() = default;
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;
};

}  // namespace superd::supervisor
