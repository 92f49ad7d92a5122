#include "config/json_schema.hpp"

#include "config/schema_listen.hpp"
#include "config/signals.hpp"
#include "core/spec.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace superd::config {

namespace {

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

// An object, member by member, two spaces deeper than the text around it.
class Object {
public:
    void add(std::string_view name, std::string json) {
        members_.emplace_back(name, std::move(json));
    }
    void add_text(std::string_view name, std::string_view text) { add(name, json_string(text)); }

    std::string text() const {
        std::string out = "{";
        for (std::size_t i = 0; i < members_.size(); ++i) {
            out += i == 0 ? "\n" : ",\n";
            out += indented("  " + json_string(members_[i].first) + ": " + members_[i].second);
        }
        return out + "\n}";
    }

private:
    // Lines after the first are two deeper as well.
    static std::string indented(const std::string& text) {
        std::string out;
        for (const char c : text) {
            out += c;
            if (c == '\n') out += "  ";
        }
        return out;
    }

    std::vector<std::pair<std::string, std::string>> members_;
};

constexpr std::string_view size_pattern = "^[0-9]+(\\.[0-9]+)? *(B|K|KiB|M|MiB|G|GiB)$";
constexpr std::string_view duration_pattern = "^([0-9]+(\\.[0-9]+)? *(d|h|min|s|ms|us) *)+$";

std::string names_json(const std::vector<std::string_view>& names) {
    std::string out = "[";
    for (const auto name : names) out += (out.size() > 1 ? ", " : "") + json_string(name);
    return out + "]";
}

std::string pattern_json(std::string_view pattern) {
    return fmt::format("{{\"type\": \"string\", \"pattern\": {}}}", json_string(pattern));
}

std::string strings_json(std::size_t least) {
    return fmt::format(
        "{{\"type\": \"array\", \"items\": {{\"type\": \"string\"}}, \"minItems\": {}}}", least);
}

std::string signal_json() {
    const auto names = signal_names();
    return fmt::format("{{\"anyOf\": [{{\"enum\": {}}}, {}]}}",
                       names_json({names.begin(), names.end()}),
                       pattern_json("^SIGRT(MIN(\\+[0-9]+)?|MAX(-[0-9]+)?)$"));
}

std::string order_json() {
    return "{\"type\": \"array\", \"items\": {\"anyOf\": [{\"type\": \"string\"}, "
           "{\"type\": \"object\", \"properties\": {\"unit\": {\"type\": \"string\"}, "
           "\"when\": {\"enum\": [\"started\", \"ready\", \"completed\"]}}, "
           "\"required\": [\"unit\"], \"additionalProperties\": false}]}}";
}

std::string exits_json() {
    return "{\"type\": \"array\", \"items\": {\"anyOf\": [{\"type\": \"integer\", \"minimum\": 0, "
           "\"maximum\": 255}, {\"$ref\": \"#/$defs/signal\"}]}}";
}

std::string steps_json() {
    return fmt::format(
        "{{\"type\": \"array\", \"minItems\": 1, \"maxItems\": 16, \"items\": "
        "{{\"anyOf\": [{{\"$ref\": \"#/$defs/signal\"}}, {{\"type\": \"array\", "
        "\"prefixItems\": [{{\"$ref\": \"#/$defs/signal\"}}, {}], \"minItems\": 2, "
        "\"maxItems\": 2}}]}}}}",
        pattern_json(duration_pattern));
}

std::string moments_json() {
    const auto one = pattern_json("^ *(hourly|daily|weekly|monthly|mon|tue|wed|thu|fri|sat|sun)");
    return fmt::format(
        "{{\"anyOf\": [{0}, {{\"type\": \"array\", \"items\": {0}, \"minItems\": 1, \"maxItems\": "
        "64}}]}}",
        one);
}

// A number, "cores", or the bounds between which superd chooses.
std::string workers_json(const Key& key) {
    constexpr std::string_view number =
        "{{\"type\": \"integer\", \"minimum\": {}, \"maximum\": {}}}";
    const auto from = [&](int least) {
        return fmt::format(fmt::runtime(number), least, key.maximum);
    };
    return fmt::format(
        "{{\"anyOf\": [{}, {{\"const\": \"cores\"}}, {{\"type\": \"object\", "
        "\"required\": [\"max\"], \"additionalProperties\": false, \"properties\": {{\"min\": {}, "
        "\"max\": {}, \"spare\": {}, \"idle-timeout\": {}}}}}]}}",
        from(1), from(0), from(1), from(0), pattern_json(duration_pattern));
}

std::string key_json(const Key& key);

// A name, and for it an address, or a table with one.
std::string listeners_json() {
    Object properties, table, names, object;
    for (const auto& key : listener_keys) properties.add(key.name(), key_json(key));
    table.add("type", "\"object\"");
    table.add("additionalProperties", "false");
    table.add("required", "[\"address\"]");
    table.add("properties", properties.text());
    names.add_text("pattern", "^[A-Za-z0-9_-]{1,64}$");
    object.add("type", "\"object\"");
    object.add("maxProperties", "64");
    object.add("propertyNames", names.text());
    object.add("additionalProperties",
               "{\n  \"anyOf\": [\n    {\"type\": \"string\"},\n    " + table.text() + "\n  ]\n}");
    return object.text();
}

// What a value of this key must be, without what it means.
std::string form_json(const Key& key) {
    switch (key.form) {
        case Form::text: return "{\"type\": \"string\"}";
        case Form::choice: return fmt::format("{{\"enum\": {}}}", names_json(choices_of(key)));
        case Form::boolean: return "{\"type\": \"boolean\"}";
        case Form::integer:
        case Form::number:
            return fmt::format("{{\"type\": \"{}\", \"minimum\": {}, \"maximum\": {}}}",
                               key.form == Form::integer ? "integer" : "number", key.minimum,
                               key.maximum);
        case Form::instances:
            return fmt::format(
                "{{\"anyOf\": [{{\"type\": \"integer\", \"minimum\": {}, \"maximum\": {}}}, "
                "{{\"const\": \"cores\"}}]}}",
                key.minimum, key.maximum);
        case Form::duration: return pattern_json(duration_pattern);
        case Form::size: return pattern_json(size_pattern);
        case Form::size_limit:
            return fmt::format("{{\"anyOf\": [{{\"const\": \"unlimited\"}}, {}]}}",
                               pattern_json(size_pattern));
        case Form::count_limit:
            return fmt::format(
                "{{\"anyOf\": [{{\"const\": \"unlimited\"}}, {{\"type\": \"integer\", "
                "\"minimum\": {:.0f}, \"maximum\": {:.0f}}}]}}",
                key.minimum, key.maximum);
        case Form::quota:
            return fmt::format(
                "{{\"anyOf\": [{{\"type\": \"number\", \"minimum\": {}, \"maximum\": {}}}, {}]}}",
                key.minimum, key.maximum, pattern_json("^[0-9]+(\\.[0-9]+)? *%$"));
        case Form::rate: return pattern_json("^[0-9]+ *in +[0-9].*$");
        case Form::mode: return pattern_json("^0?[0-7]{3}$");
        case Form::account: return "{\"type\": [\"string\", \"integer\"]}";
        case Form::texts: return strings_json(0);
        case Form::argv: return strings_json(1);
        case Form::environment:
            return "{\"type\": \"object\", \"propertyNames\": {\"pattern\": "
                   "\"^[A-Za-z_][A-Za-z0-9_]*$\"}, \"additionalProperties\": {\"type\": "
                   "\"string\"}}";
        case Form::exits: return exits_json();
        case Form::steps: return steps_json();
        case Form::order: return order_json();
        case Form::moments: return moments_json();
        case Form::signal: return "{\"$ref\": \"#/$defs/signal\"}";
        case Form::notify: return "{\"enum\": [true, \"tree\"]}";
        case Form::listeners: return listeners_json();
        case Form::surge:
            return fmt::format(
                "{{\"anyOf\": [{{\"type\": \"boolean\"}}, {{\"type\": \"integer\", "
                "\"minimum\": {}, \"maximum\": {}}}]}}",
                key.minimum, key.maximum);
        case Form::start: return "{\"enum\": [true, false, \"on-demand\"]}";
        case Form::workers: return workers_json(key);
        case Form::cpus:
            return "{\"anyOf\": [{\"const\": \"each\"}, {\"type\": \"array\", \"minItems\": 1, "
                   "\"items\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 8191}}]}";
        case Form::table: return "{\"type\": \"object\"}";
    }
    return "{}";
}

std::string_view change_word(Applies applies) {
    switch (applies) {
        case Applies::live: return "live";
        case Applies::restart: return "restart";
        case Applies::at_start: return "restart of superd";
    }
    return {};
}

std::string key_json(const Key& key) {
    Object object;
    object.add_text("description", key.text);
    auto form = form_json(key);
    // The form's own members, after what people read first.
    const auto members = form.substr(1, form.size() - 2);
    if (!key.fallback.empty()) object.add("default", std::string{key.fallback});
    object.add_text("x-superd-change", change_word(key.applies));
    auto text = object.text();
    text.resize(text.size() - 2);
    return text + ",\n  " + members + "\n}";
}

// [ready] and [[check]] take one way to ask: the keys that have no default.
std::string one_of_json(const Schema& schema, std::string_view section, bool or_none) {
    std::string out;
    for (const auto& key : schema.keys) {
        if (key.section() != section || !key.fallback.empty() || key.required) continue;
        out += fmt::format("{}{{\"required\": [{}]}}", out.empty() ? "[\n  " : ",\n  ",
                           json_string(key.name()));
    }
    const auto none = or_none ? ",\n  {\"not\": {\"anyOf\": " + out + "\n]}}" : std::string{};
    return out + none + "\n]";
}

std::string section_json(const Schema& schema, std::string_view section, Extent extent) {
    Object properties, object;
    std::vector<std::string_view> required;
    for (const auto& key : schema.keys) {
        if (key.section() != section) continue;
        properties.add(key.name(), key_json(key));
        if (key.required) required.push_back(key.name());
    }
    object.add("type", "\"object\"");
    object.add("additionalProperties", "false");
    object.add("properties", properties.text());
    if (!required.empty()) object.add("required", names_json(required));
    if (section == "ready" || section == "check") {
        // A check is told of in one piece; of [ready] a drop-in may change the times alone.
        const bool or_none = extent == Extent::drop_in && section == "ready";
        object.add("oneOf", one_of_json(schema, section, or_none));
    }
    if (section != schema.repeated) return object.text();
    Object array;
    array.add("type", "\"array\"");
    array.add("maxItems", std::to_string(core::UnitSpec::checks_max));
    array.add("items", object.text());
    return array.text();
}

// What is required of a group is another thing than of all others, which run a program or a module.
void add_group(Object& document) {
    Object group;
    group.add("required", "[\"type\"]");
    group.add("properties", "{\"type\": {\"const\": \"group\"}}");
    document.add("if", group.text());
    document.add(
        "then",
        "{\"required\": [\"members\"], \"properties\": {\"exec\": false, \"module\": false}}");
    document.add("else",
                 "{\"oneOf\": [{\"required\": [\"exec\"]}, {\"required\": [\"module\"]}], "
                 "\"properties\": {\"members\": false}}");
}

}  // namespace

std::string json_schema(const Schema& schema, Extent extent) {
    Object document, properties, definitions;
    std::vector<std::string_view> required;
    for (const auto& key : schema.keys) {
        if (key.required && key.section().empty()) required.push_back(key.name());
        if (key.section().empty()) properties.add(key.name(), key_json(key));
    }
    for (const auto section : schema.sections()) {
        if (!section.empty()) properties.add(section, section_json(schema, section, extent));
    }
    definitions.add("signal", signal_json());
    document.add_text("$schema", "https://json-schema.org/draft/2020-12/schema");
    const bool whole = extent == Extent::whole;
    document.add_text("title", fmt::format("{}{}", whole ? "" : "A drop-in of ", schema.title));
    document.add_text("description", fmt::format("See {}", schema.manual));
    document.add("type", "\"object\"");
    document.add("additionalProperties", "false");
    if (whole && schema.find("members") == nullptr) {
        if (!required.empty()) document.add("required", names_json(required));
    } else if (whole) {
        add_group(document);
    }
    document.add("properties", properties.text());
    document.add("$defs", definitions.text());
    return document.text() + "\n";
}

}  // namespace superd::config
