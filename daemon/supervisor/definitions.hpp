// The units' definitions in force, by name.
#pragma once

#include "config/unit.hpp"
#include "supervisor/enablement.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace superd::supervisor {

class Definitions {
public:
    const config::Configuration& configuration() const { return now_; }
    const config::Settings& settings() const { return now_.settings; }

    // In force, or of a unit that left and is still ending. Null: neither.
    const config::Unit* find(std::string_view name) const;

    // Those that leave are kept until they are forgotten.
    void replace(config::Configuration next);
    void forget(std::string_view name);

    // What the operator says of who starts by itself; it goes before autostart.
    Enablement& enablement() { return enablement_; }
    const Enablement& enablement() const { return enablement_; }

    // What the core must know of them.
    std::vector<core::SharedSpec> specs() const;

private:
    const config::Unit* in_force(std::string_view name) const;

    config::Configuration now_;
    Enablement enablement_;
    std::map<std::string, std::shared_ptr<const config::Unit>, std::less<>> left_;
};

}  // namespace superd::supervisor
