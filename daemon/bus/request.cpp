#include "bus/request.hpp"

#include "wire/json_writer.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace superd::bus {

namespace {

using control::Refusal;

// Thrown and caught in this file alone: reading stops at the first mistake.
struct Mistake {
    std::string message;
};

void must(int result) {
    if (result < 0) throw Mistake{"cannot read the arguments"};
}

// A value of a parameter: as JSON, and as a text.
struct Argument {
    std::string json, text;
};

Argument of_text(std::string_view text) {
    Argument value{{}, std::string{text}};
    wire::append_quoted(value.json, text);
    return value;
}

Argument of_number(double number) {
    if (!std::isfinite(number)) throw Mistake{"cannot use a number that is not finite"};
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return {{digits, end}, {digits, end}};
}

template <class Integer>
Argument of_integer(Integer number) {
    return {std::to_string(number), std::to_string(number)};
}

// Where the parameters go: into the body or into the query.
class Parameters {
public:
    explicit Parameters(bool in_query) : in_query_{in_query} {}

    void add(std::string_view key, const Argument& value) {
        if (in_query_) {
            query_ += query_.empty() ? '?' : '&';
            encode(key);
            query_ += '=';
            encode(value.text);
        } else {
            member(key, value.json);
        }
    }
    void add(std::string_view key, const std::vector<std::string>& texts) {
        if (texts.empty()) return;
        std::string json;
        for (const auto& text : texts) {
            if (in_query_) {
                add(key, of_text(text));
                continue;
            }
            json += json.empty() ? '[' : ',';
            wire::append_quoted(json, text);
        }
        if (!in_query_) member(key, json + "]");
    }
    void member(std::string_view key, std::string_view json) {
        body_ += body_.empty() ? '{' : ',';
        wire::append_quoted(body_, key);
        body_ += ':';
        body_ += json;
    }

    control::Request request(const Method& method) const {
        control::Request request;
        request.method = method.verb;
        request.target = std::string{method.path} + query_;
        if (!in_query_) request.body = body_.empty() ? "{}" : body_ + "}";
        return request;
    }

private:
    void encode(std::string_view text) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            query_ += '%';
            query_ += digits[byte >> 4];
            query_ += digits[byte & 0xF];
        }
    }

    bool in_query_;
    std::string query_, body_;
};

std::vector<std::string> read_texts(sd_bus_message* message) {
    std::vector<std::string> texts;
    must(sd_bus_message_enter_container(message, 'a', "s"));
    const char* text = nullptr;
    int more = 0;
    while ((more = sd_bus_message_read_basic(message, 's', static_cast<void*>(&text))) > 0)
        texts.emplace_back(text);
    must(more);
    must(sd_bus_message_exit_container(message));
    return texts;
}

template <class T>
T read(sd_bus_message* message, char type) {
    T value{};
    must(sd_bus_message_read_basic(message, type, static_cast<void*>(&value)));
    return value;
}

Argument read_value(sd_bus_message* message, std::string_view key) {
    char kind = 0;
    const char* type = nullptr;
    must(sd_bus_message_peek_type(message, &kind, &type));
    must(sd_bus_message_enter_container(message, 'v', type));
    const char simple = type != nullptr && type[0] != '\0' && type[1] == '\0' ? type[0] : '?';
    std::optional<Argument> value;
    switch (simple) {
        case 'b': {
            const std::string word = read<int>(message, 'b') != 0 ? "true" : "false";
            value = Argument{word, word};
            break;
        }
        case 's': value = of_text(read<const char*>(message, 's')); break;
        case 'd': value = of_number(read<double>(message, 'd')); break;
        case 'i': value = of_integer(read<std::int32_t>(message, 'i')); break;
        case 'u': value = of_integer(read<std::uint32_t>(message, 'u')); break;
        case 'x': value = of_integer(read<std::int64_t>(message, 'x')); break;
        case 't': value = of_integer(read<std::uint64_t>(message, 't')); break;
        default:
            throw Mistake{"cannot use the option \"" + std::string{key.substr(0, 100)} +
                          "\": its value is neither truth, number nor text"};
    }
    must(sd_bus_message_exit_container(message));
    return *value;
}

void read_options(sd_bus_message* message, Parameters& out) {
    must(sd_bus_message_enter_container(message, 'a', "{sv}"));
    int more = 0;
    while ((more = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        const std::string key = read<const char*>(message, 's');
        out.add(key, read_value(message, key));
        must(sd_bus_message_exit_container(message));
    }
    must(more);
    must(sd_bus_message_exit_container(message));
}

void read_counts(sd_bus_message* message, std::string_view key, Parameters& out) {
    std::string json;
    must(sd_bus_message_enter_container(message, 'a', "{ss}"));
    int more = 0;
    while ((more = sd_bus_message_enter_container(message, 'e', "ss")) > 0) {
        json += json.empty() ? '{' : ',';
        wire::append_quoted(json, read<const char*>(message, 's'));
        json += ':';
        wire::append_quoted(json, read<const char*>(message, 's'));
        must(sd_bus_message_exit_container(message));
    }
    must(more);
    must(sd_bus_message_exit_container(message));
    out.member(key, json.empty() ? "{}" : json + "}");
}

void read_count(sd_bus_message* message, const std::string& unit, std::string_view key,
                Parameters& out) {
    std::string json = "{";
    wire::append_quoted(json, unit);
    json += ':';
    wire::append_quoted(json, read<const char*>(message, 's'));
    out.member(key, json + "}");
}

void read_argument(sd_bus_message* message, const std::string& unit, const Arg& arg,
                   Parameters& out) {
    switch (arg.form) {
        case Arg::Form::none: return;
        case Arg::Form::units: return out.add(arg.key, read_texts(message));
        case Arg::Form::word: return out.add(arg.key, of_text(read<const char*>(message, 's')));
        case Arg::Form::counts: return read_counts(message, arg.key, out);
        case Arg::Form::count: return read_count(message, unit, arg.key, out);
        case Arg::Form::options: return read_options(message, out);
    }
}

}  // namespace

std::expected<control::Request, Refusal> to_request(const Method& method, const std::string& unit,
                                                    sd_bus_message* message) {
    try {
        Parameters parameters{method.in_query};
        const bool counts = method.args[0].form == Arg::Form::count;
        if (!unit.empty() && !counts) {
            parameters.add(method.in_query ? "unit" : "units", std::vector{unit});
        }
        for (const auto& arg : method.args) read_argument(message, unit, arg, parameters);
        return parameters.request(method);
    } catch (const Mistake& mistake) {
        return std::unexpected{Refusal{
            400, {"bad-request", mistake.message, "org.superd(5) describes the arguments"}, {}}};
    }
}

}  // namespace superd::bus
