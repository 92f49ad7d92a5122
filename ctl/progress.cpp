#include "ctl/progress.hpp"

#include "ctl/output.hpp"
#include "wire/event.hpp"

namespace superctl {

namespace {

constexpr std::size_t line_columns = 78;

}  // namespace

std::string Progress::sentence(std::string_view event_line) {
    const auto event = superd::wire::parse_event(event_line);
    using enum superd::wire::EventKind;
    if (!event || (event->kind != state && event->kind != rolling)) return {};
    auto text = event->unit;
    if (event->instance && *event->instance > 0) text += "/" + std::to_string(*event->instance);
    if (event->kind == rolling) {
        text +=
            ": " + (event->run != 0 ? "run " + std::to_string(event->run) + " " : std::string{});
        return printable(text + event->message);
    }
    text += " is " + event->to;
    if (!event->reason.empty()) text += ": " + event->reason;
    return printable(text);
}

void Progress::take(std::string& body) {
    std::string latest;
    std::size_t begin = 0;
    for (auto end = body.find('\n'); end != body.npos; end = body.find('\n', begin)) {
        const auto line = body.substr(begin, end - begin);
        begin = end + 1;
        if (line.starts_with("{\"schema\"")) {
            last_line_ = line + "\n";
        } else if (auto text = sentence(line); !text.empty()) {
            latest = std::move(text);
        }
    }
    body.erase(0, begin);
    if (!latest.empty()) show(latest);
}

void Progress::show(const std::string& sentence) {
    auto line = "waiting until " + goal_ + ": " + sentence;
    if (line.size() > line_columns) {
        line.resize(line_columns);
        // Not in the middle of a character.
        while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80) != 0)
            line.pop_back();
    }
    complain("\r\x1b[K" + line);
    shown_ = true;
}

void Progress::clear() {
    if (shown_) complain("\r\x1b[K");
    shown_ = false;
}

}  // namespace superctl
