#include "config/manual_keys.hpp"

#include "config/quantity.hpp"

#include <fmt/format.h>

namespace superd::config {

namespace {

std::string duration_text(double seconds) {
    return to_text(Nanoseconds{static_cast<std::int64_t>(seconds * 1e9)});
}

// "a duration, up to 1d": what a value of this key is.
std::string form_text(const Key& key) {
    switch (key.form) {
        case Form::text: return "a string";
        case Form::choice: {
            std::string text;
            for (const auto word : choices_of(key)) {
                text += fmt::format("{}\"{}\"", text.empty() ? "" : " | ", word);
            }
            return text;
        }
        case Form::boolean: return "true | false";
        case Form::integer:
        case Form::number:
            return fmt::format("{}, {} to {}",
                               key.form == Form::integer ? "an integer" : "a number", key.minimum,
                               key.maximum);
        case Form::instances:
            return fmt::format("an integer, {} to {}, or \"cores\"", key.minimum, key.maximum);
        case Form::duration:
            return fmt::format("a duration, {} to {}", duration_text(key.minimum),
                               duration_text(key.maximum));
        case Form::size: return fmt::format("a size, at least {:.0f} bytes", key.minimum);
        case Form::size_limit:
            return fmt::format("a size, at least {:.0f} bytes, or \"unlimited\"", key.minimum);
        case Form::count_limit:
            return fmt::format("an integer, at least {:.0f}, or \"unlimited\"", key.minimum);
        case Form::quota:
            return fmt::format("a number, {} to {}, or \"N%\"", key.minimum, key.maximum);
        case Form::rate:
            return fmt::format("\"N in DURATION\", N from {} to {}", key.minimum, key.maximum);
        case Form::mode: return "an octal number in a string";
        case Form::account: return "a name or a number";
        case Form::texts: return "an array of strings";
        case Form::argv: return "an array of strings: a program and its arguments";
        case Form::environment: return "a table of strings";
        case Form::exits: return "an array of exit codes (0 to 255) and signals' names";
        case Form::steps: return "an array of \"SIGNAL\" or [\"SIGNAL\", \"DURATION\"]";
        case Form::order: return "an array of names or { unit = \"NAME\", when = \"HOW FAR\" }";
        case Form::moments: return "a moment such as \"daily 03:00\", or an array of them";
        case Form::signal: return "a signal's name";
        case Form::notify: return "true | \"tree\"";
        case Form::listeners: return "a table of addresses, or of tables";
        case Form::surge:
            return fmt::format("true | false | an integer, {} to {}", key.minimum, key.maximum);
        case Form::start: return "true | false | \"on-demand\"";
        case Form::workers:
            return fmt::format("an integer, {} to {}, \"cores\", or a table", key.minimum,
                               key.maximum);
        case Form::cpus: return "\"each\" | an array of integers";
        case Form::table: return "a table";
    }
    return {};
}

std::string_view applies_text(Applies applies) {
    switch (applies) {
        case Applies::live: return "A change is live";
        case Applies::restart: return "A change needs a restart of the unit";
        case Applies::at_start: return "A change needs a restart of superd";
    }
    return {};
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool first = out.empty() || out.back() == '\n';
        if (first && (c == '.' || c == '\'')) out += "\\&";
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else if (c == '^') {
            out += "\\(ha";
        } else if (c == '~') {
            out += "\\(ti";
        } else {
            out += c;
        }
    }
    return out;
}

std::string paragraphs(std::string_view text) {
    std::string page;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n') + 1);
        page += line.starts_with(".PP") ? std::string{line} : escaped(line);
        text.remove_prefix(line.size());
    }
    return page;
}

std::string wrapped(std::string_view page) {
    constexpr std::size_t width = 80;
    std::string out;
    bool fill = true;
    while (!page.empty()) {
        auto line = page.substr(0, page.find('\n'));
        page.remove_prefix(line.size() + 1);
        if (line == ".nf" || line == ".fi") fill = line == ".fi";
        while (fill && line.size() > width && !line.starts_with('.')) {
            // A line that began with a dot or a quote would be a request.
            auto space = line.rfind(' ', width);
            while (space != line.npos && (line[space + 1] == '.' || line[space + 1] == '\'')) {
                space = space == 0 ? line.npos : line.rfind(' ', space - 1);
            }
            if (space == line.npos || space == 0) break;
            out.append(line.substr(0, space)).append("\n");
            line.remove_prefix(space + 1);
        }
        out.append(line).append("\n");
    }
    return out;
}

std::string key_reference(const Key& key, std::string_view required) {
    const auto fallback = key.required           ? std::string{required}
                          : key.fallback.empty() ? std::string{"No default"}
                                                 : fmt::format("Default: {}", key.fallback);
    return fmt::format(".TP\n\\fB{}\\fR = \\fI{}\\fR\n{}.\n{}.\n{}.\n.br\nExample: {}\n",
                       escaped(key.name()), escaped(form_text(key)), escaped(key.text),
                       escaped(fallback + (key.expands ? ".\nIt may refer to variables" : "")),
                       escaped(applies_text(key.applies)),
                       escaped(fmt::format("{} = {}", key.name(), key.example)));
}

std::string section_reference(const Schema& schema, std::string_view section) {
    std::string out;
    for (const auto& key : schema.keys) {
        if (key.section() == section) out += key_reference(key, "Required, but of a group");
    }
    return out;
}

}  // namespace superd::config
