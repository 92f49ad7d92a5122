#include "ctl/duration.hpp"
#include "ctl/render.hpp"
#include "wire/event.hpp"

#include <algorithm>

namespace superctl {

namespace {

namespace wire = superd::wire;

std::string with_reason(std::string text, const std::string& reason) {
    return reason.empty() ? text : text + ": " + reason;
}

std::string exit_text(const wire::Event& event) {
    auto text = render_exit(event.code, event.signal, event.core, event.oom);
    if (event.uptime) {
        const auto ms = static_cast<std::int64_t>(std::clamp(*event.uptime, 0.0, 1e9) * 1000);
        text += " after running " + format_duration(std::chrono::milliseconds{ms});
    }
    return text;
}

std::string what_happened(const wire::Event& event) {
    switch (event.kind) {
        case wire::EventKind::state:
            return with_reason(event.from + " → " + event.to, event.reason);
        case wire::EventKind::spawn: return "started, pid " + std::to_string(event.pid);
        case wire::EventKind::spawn_failed:
            return with_reason("could not be started", event.message);
        case wire::EventKind::ready: return with_reason("ready", event.reason);
        case wire::EventKind::exit: return with_reason(exit_text(event), event.message);
        case wire::EventKind::lines: return "last lines:";
        case wire::EventKind::stall: return event.message;
        case wire::EventKind::frozen: return "frozen";
        case wire::EventKind::thawed: return "thawed";
        case wire::EventKind::oom: return event.message;
        case wire::EventKind::dropped:
            return with_reason("lost " + std::to_string(event.dropped) + " lines", event.message);
        case wire::EventKind::config: return with_reason("configuration", event.message);
        case wire::EventKind::hook: return event.hook + " hook " + event.message;
        case wire::EventKind::timer: return "timer: " + event.message;
        case wire::EventKind::check:
            return "check " + event.message + (event.to == "failing" ? "" : " passes again");
        case wire::EventKind::rolling:
            return event.run != 0 ? "run " + std::to_string(event.run) + " " + event.message
                                  : event.message;
        case wire::EventKind::command: {
            auto text = (event.user.empty() ? "user " + std::to_string(event.uid.value_or(0))
                                            : event.user) +
                        " asks to " + event.action;
            return event.message.empty() ? text : text + " " + event.message;
        }
        case wire::EventKind::superd: return event.message;
    }
    return {};
}

}  // namespace

std::string render_event(std::string_view json_line) {
    const auto event = wire::parse_event(json_line);
    if (!event) return printable(json_line) + "\n";  // Of a newer superd: better than nothing.
    auto name = event->unit.empty() ? "superd" : event->unit;
    if (event->instance && *event->instance > 0) name += "/" + std::to_string(*event->instance);
    auto out = printable(event->time + " " + name + ": " + what_happened(*event)) + "\n";
    for (const auto& text : event->lines) out += "    " + printable(text) + "\n";
    return out;
}

}  // namespace superctl
