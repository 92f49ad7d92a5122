// Something that must hold whatever happens. Each looks on, and throws when it
// does not hold.
#pragma once

#include "core/event.hpp"
#include "tests/sim/key.hpp"
#include "turn/shell.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace superd::sim {

class Scene;
struct Command;
struct Notice;

struct Violation : std::runtime_error {
    Violation(std::string its_invariant, const std::string& text)
        : std::runtime_error{text}, invariant{std::move(its_invariant)} {}
    std::string invariant;
};

class Invariant {
public:
    Invariant(const Scene& scene, const char* name) : scene_{scene}, name_{name} {}
    virtual ~Invariant() = default;
    Invariant(const Invariant&) = delete;
    Invariant& operator=(const Invariant&) = delete;

    const char* name() const { return name_; }

    // The core is about to hear of it; what was not said by a process, but asked, too.
    virtual void told(const core::Event&) {}
    // The core has asked for it; the system is as it is after the step.
    virtual void asked(const core::Effect&) {}
    // A process of the run is about to be made.
    virtual void cloning(core::InstanceId, RunId) {}
    virtual void journaled(RunId, const core::ExitStatus&) {}
    virtual void acknowledged(Pid) {}
    virtual void commanded(const Command&) {}
    // What a process has said waits for nobody any more.
    virtual void taken(const Notice&) {}
    // Another configuration is about to be applied, or has been.
    virtual void reloading() {}
    virtual void reloaded() {}
    // A turn is over: what is to be remembered is written, and who waits is told.
    virtual void settled() {}
    virtual void supervisor_ended() {}
    // A supervisor found nothing that runs: what was before is history.
    virtual void begun_anew() {}
    // The records have been taken over; nothing else has happened yet.
    virtual void took_over() {}
    virtual void superd_ended() {}
    // Faults are over, and everything had time enough.
    virtual void at_rest() {}

protected:
    [[noreturn]] void fail(const std::string& text) const { throw Violation{name_, text}; }
    void require(bool holds, const char* text, core::InstanceId about) const;

    const Scene& scene_;

private:
    const char* name_;
};

}  // namespace superd::sim
