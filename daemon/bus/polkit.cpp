#include "bus/polkit.hpp"

#include <string.h>

#include <optional>
#include <set>
#include <string_view>

namespace superd::bus {

namespace {

using control::Command;
using control::Refusal;

constexpr const char* service = "org.freedesktop.PolicyKit1";
constexpr const char* path = "/org/freedesktop/PolicyKit1/Authority";
constexpr const char* interface = "org.freedesktop.PolicyKit1.Authority";
constexpr std::chrono::seconds patience{25};
// While somebody types a password.
constexpr std::chrono::minutes interactive_patience{5};
constexpr std::uint32_t allow_interaction = 1;

const char* action_of(control::Domain domain) {
    switch (domain) {
        case control::Domain::units: return "org.superd.manage-units";
        case control::Domain::unit_files: return "org.superd.manage-unit-files";
        case control::Domain::reload: return "org.superd.reload-daemon";
        case control::Domain::daemon: return "org.superd.manage-daemon";
    }
    return "org.superd.manage-daemon";
}

bool is_about_units(const Command& command) {
    return command.domain == control::Domain::units ||
           command.domain == control::Domain::unit_files;
}

std::string signal_name(int number) {
    const char* const name = ::sigabbrev_np(number);
    return name == nullptr ? std::to_string(number) : "SIG" + std::string{name};
}

// The bus has no polkit, and nobody starts it.
bool is_absent(std::string_view error) {
    return error == SD_BUS_ERROR_SERVICE_UNKNOWN || error == SD_BUS_ERROR_NAME_HAS_NO_OWNER ||
           error.starts_with("org.freedesktop.DBus.Error.Spawn.");
}

std::string words_for(const Command& command) {
    std::string words{command.verb};
    if (!is_about_units(command)) return words + " superd";
    if (command.units.empty()) return words + " all units";
    for (const auto& each : command.units) {
        words += &each == &command.units.front() ? " " : ", ";
        words += each.substr(0, 100);
        if (words.size() > 200) break;
    }
    return words;
}

int append_question(sd_bus_message* message, const Subject& subject, const Question& question) {
    int error = sd_bus_message_append(message, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                      subject.name.c_str(), question.action.c_str());
    if (error >= 0) error = sd_bus_message_open_container(message, 'a', "{ss}");
    for (const auto& [key, value] : question.details) {
        if (error >= 0) {
            error = sd_bus_message_append(message, "{ss}", key.c_str(), value.c_str());
        }
    }
    if (error >= 0) error = sd_bus_message_close_container(message);
    const std::uint32_t flags = subject.interactive ? allow_interaction : 0;
    return error < 0 ? error : sd_bus_message_append(message, "us", flags, "");
}

}  // namespace

std::vector<Question> questions_about(const Command& command) {
    const std::string verb{command.verb};
    const auto question = [&](const std::string& unit) {
        Question made{action_of(command.domain), {{"verb", verb}}};
        if (!unit.empty()) made.details.emplace_back("unit", unit);
        if (command.signal != 0) {
            made.details.emplace_back("signal", signal_name(command.signal));
        }
        // What an agent shows; polkit fills in the details.
        made.details.emplace_back(
            "polkit.message", unit.empty() ? "Authentication is required to $(verb) superd."
                                           : "Authentication is required to $(verb) \"$(unit)\".");
        return made;
    };
    std::vector<Question> all;
    if (!is_about_units(command)) return {question("")};
    if (command.units.empty()) return {question("*")};
    std::set<std::string> units;
    for (const auto& each : command.units) units.insert(each.substr(0, each.rfind('/')));
    for (const auto& unit : units) all.push_back(question(unit));
    return all;
}

struct Polkit::Inquiry {
    sd_bus& bus;
    Subject subject;
    control::Call call;
    std::string what;  // "stop web*": as it was asked for, so that no name is told to strangers.
    std::optional<Refusal> flaw;  // Of the call itself; told to those who are allowed to make it.
    std::vector<Question> questions;
    std::size_t next = 0;
    std::function<void(control::Verdict)> told;

    void refuse(std::string kind, const std::string& cause, std::string hint) const {
        const auto user = "user " + std::to_string(subject.uid);
        told(std::unexpected{
            Refusal{403,
                    {std::move(kind), user + " may not " + what + ": " + cause, std::move(hint)},
                    {}}});
    }
};

void Polkit::ask(sd_bus& bus, Subject subject, control::Call call,
                 const supervisor::Operations& operations,
                 std::function<void(control::Verdict)> told) {
    auto command = control::command_of(call);
    if (!command) {  // Nobody could name it to polkit.
        return told(
            std::unexpected{Refusal{403, {"forbidden", "only root may do this", "use sudo"}, {}}});
    }
    const auto inquiry = std::make_shared<Inquiry>(
        Inquiry{bus, std::move(subject), call, words_for(*command), {}, {}, 0, std::move(told)});
    auto exact = control::narrowed(std::move(call), operations);
    if (exact) {
        command = control::command_of(*exact);
        inquiry->call = std::move(*exact);
    } else {
        inquiry->flaw = std::move(exact.error());
    }
    inquiry->questions = questions_about(*command);
    ask_next(inquiry);
}

void Polkit::ask_next(const std::shared_ptr<Inquiry>& inquiry) {
    const auto& question = inquiry->questions[inquiry->next];
    sd_bus_message* made = nullptr;
    int error = sd_bus_message_new_method_call(&inquiry->bus, &made, service, path, interface,
                                               "CheckAuthorization");
    const Message message{made};
    if (error >= 0) error = append_question(made, inquiry->subject, question);
    const std::chrono::microseconds wait =
        inquiry->subject.interactive ? interactive_patience : patience;
    const auto answer = [this, inquiry](sd_bus_message* told) { answered(inquiry, told); };
    if (error >= 0 && calls_.call(inquiry->bus, made, wait, answer)) return;
    inquiry->refuse("forbidden", "polkit cannot be asked", "use sudo");
}

void Polkit::answered(const std::shared_ptr<Inquiry>& inquiry, sd_bus_message* answer) {
    if (answer == nullptr) {
        return inquiry->refuse("forbidden", "the bus was lost before polkit had answered",
                               "try again");
    }
    if (sd_bus_message_is_method_error(answer, nullptr) > 0) {
        const sd_bus_error* const error = sd_bus_message_get_error(answer);
        if (is_absent(error->name)) {
            return inquiry->refuse("forbidden",
                                   "only root may, as there is no polkit on the bus to ask",
                                   "use sudo, or install polkitd");
        }
        const char* const text = error->message != nullptr ? error->message : error->name;
        return inquiry->refuse("forbidden", "polkit did not say that it may: " + std::string{text},
                               "use sudo");
    }
    int allowed = 0, challenge = 0;
    if (sd_bus_message_enter_container(answer, 'r', "bba{ss}") < 0 ||
        sd_bus_message_read(answer, "bb", &allowed, &challenge) < 0) {
        return inquiry->refuse("forbidden", "polkit's answer makes no sense", "use sudo");
    }
    const auto& action = inquiry->questions[inquiry->next].action;
    if (allowed == 0) {
        if (challenge != 0 && !inquiry->subject.interactive) {
            return inquiry->refuse("interactive", action + " needs a password",
                                   "allow interactive authorization in the call");
        }
        return inquiry->refuse("forbidden", "polkit does not allow it " + action,
                               "a rule in /etc/polkit-1/rules.d may; or use sudo");
    }
    if (++inquiry->next < inquiry->questions.size()) return ask_next(inquiry);
    if (inquiry->flaw) return inquiry->told(std::unexpected{std::move(*inquiry->flaw)});
    inquiry->told(std::move(inquiry->call));
}

}  // namespace superd::bus
