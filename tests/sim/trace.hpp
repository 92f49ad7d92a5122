// What happens, a line each, for people. Costs nothing unless somebody reads it.
#pragma once

#include "core/event.hpp"
#include "tests/sim/key.hpp"

#include <functional>
#include <string>

namespace superd::sim {

class Trace {
public:
    using Naming = std::function<std::string(core::InstanceId)>;

    void begin(Instant begin) { on_ = true, begin_ = begin; }
    bool on() const { return on_; }
    // Told before the first thing that happens in it.
    void step(std::uint32_t number) { step_ = number, told_ = false; }
    void say(Instant now, const std::string& text) const;
    void say(Instant now, const core::Event& event, const Naming& name) const;
    void say(Instant now, const core::Effect& effect, const Naming& name) const;

private:
    bool on_ = false;
    Instant begin_{};
    std::uint32_t step_ = 0;
    mutable bool told_ = true;
};

// "exited u3/0 run 17, SIGSEGV"
std::string describe(const core::Event& event, const Trace::Naming& name);
std::string describe(const core::Effect& effect, const Trace::Naming& name);

}  // namespace superd::sim
