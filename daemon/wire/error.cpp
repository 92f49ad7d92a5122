#include "wire/error.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"

namespace superd::wire {

std::string serialize(const ErrorBody& error) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.key("error");
    json.begin_object();
    json.member("kind", error.kind);
    json.member("message", error.message);
    if (!error.hint.empty()) json.member("hint", error.hint);
    json.end_object();
    json.end_object();
    return out;
}

ErrorBody parse_error(std::string_view text) {
    const auto value = parse_object(text);
    const auto json = JsonReader{value}.object("error");
    ErrorBody error;
    json.required("kind", error.kind);
    json.required("message", error.message);
    json.read("hint", error.hint);
    return error;
}

}  // namespace superd::wire
