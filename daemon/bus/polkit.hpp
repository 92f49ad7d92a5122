// Asks polkit whether somebody on the bus may have a command carried out.
#pragma once

#include "bus/pending_call.hpp"
#include "control/command.hpp"
#include "control/peer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace superd::bus {

// Who asks superd, as polkit is to know it.
struct Subject {
    std::string name;  // On the bus: ":1.42".
    uid_t uid = static_cast<uid_t>(-1);
    bool interactive = false;  // It is content to wait while somebody types a password.
};

// One question: an action, and the details that a rule may decide by.
struct Question {
    std::string action;  // "org.superd.manage-units"
    std::vector<std::pair<std::string, std::string>> details;
};

// What polkit is asked about a command on these units, one question a unit: a rule may name one.
// A command for all is one question, whose unit is "*".
std::vector<Question> questions_about(const control::Command& command);

class Polkit {
public:
    explicit Polkit(PendingCalls& calls) : calls_{calls} {}

    // `told` gets the call, about just the units that it was asked about, once all of it is
    // allowed; or why not. It may be called at once.
    void ask(sd_bus& bus, Subject subject, control::Call call,
             const supervisor::Operations& operations, std::function<void(control::Verdict)> told);

private:
    struct Inquiry;

    void ask_next(const std::shared_ptr<Inquiry>& inquiry);
    void answered(const std::shared_ptr<Inquiry>& inquiry, sd_bus_message* answer);

    PendingCalls& calls_;
};

}  // namespace superd::bus
