#include "wire/json_reader.hpp"

#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>

namespace superd::wire {

namespace {

class ShapeError : public boost::system::system_error {
public:
    explicit ShapeError(const char* words)
        : system_error{boost::json::make_error_code(boost::json::error::not_object), words},
          words_{words} {}
    const char* words() const { return words_; }

private:
    const char* words_;
};

// Of all objects in a text that is JSON: each has a colon after its name.
std::size_t members_in(std::string_view json) {
    std::size_t count = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (quoted && json[i] == '\\') {
            ++i;
        } else if (json[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && json[i] == ':') {
            ++count;
        }
    }
    return count;
}

// Boost.JSON keeps one of those that have the same name. It parses nothing that is nested deeper
// than this may recurse.
std::size_t members_of(const boost::json::value& value) {
    std::size_t count = 0;
    if (const auto* object = value.if_object()) {
        count = object->size();
        for (const auto& member : *object) count += members_of(member.value());
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) count += members_of(element);
    }
    return count;
}

}  // namespace

void throw_shape(const char* what) { throw ShapeError{what}; }

std::string problem_of(const boost::system::system_error& error) {
    const auto* const shape = dynamic_cast<const ShapeError*>(&error);
    return shape != nullptr ? shape->words() : error.code().message();
}

boost::json::value parse_object(std::string_view text, boost::json::storage_ptr storage) {
    boost::system::error_code error;
    auto value = boost::json::parse(text, error, std::move(storage));
    if (error) throw boost::system::system_error{error};
    if (!value.is_object()) throw_shape("not a JSON object");
    return value;
}

boost::json::value parse_unambiguous_object(std::string_view text) {
    auto value = parse_object(text);
    if (members_of(value) != members_in(text)) throw_shape("a member is there twice");
    return value;
}

JsonReader::JsonReader(const boost::json::value& value) : object_{value.if_object()} {
    if (object_ == nullptr) throw_shape("not a JSON object");
}

const boost::json::value* JsonReader::find(std::string_view name) const {
    const auto* value = object_->if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
}

const boost::json::array& JsonReader::array(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr || !value->is_array()) throw_shape("a required list is absent");
    return value->get_array();
}

JsonReader JsonReader::object(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) throw_shape("a required object is absent");
    return JsonReader{*value};
}

void JsonReader::read(std::string_view name, std::string& out) const {
    const auto* value = find(name);
    if (value == nullptr) return;
    if (!value->is_string()) throw_shape("a text is expected");
    out.assign(value->get_string().data(), value->get_string().size());
}

void JsonReader::read(std::string_view name, bool& out) const {
    const auto* value = find(name);
    if (value == nullptr) return;
    if (!value->is_bool()) throw_shape("true or false is expected");
    out = value->get_bool();
}

void JsonReader::read(std::string_view name, double& out) const {
    const auto* value = find(name);
    if (value == nullptr) return;
    boost::system::error_code error;
    out = value->to_number<double>(error);
    if (error) throw boost::system::system_error{error};
}

void JsonReader::read(std::string_view name, std::vector<std::string>& out) const {
    const auto* value = find(name);
    if (value == nullptr) return;
    if (!value->is_array()) throw_shape("a list of texts is expected");
    out.clear();
    for (const auto& element : value->get_array()) {
        if (!element.is_string()) throw_shape("a list of texts is expected");
        out.emplace_back(element.get_string().data(), element.get_string().size());
    }
}

}  // namespace superd::wire
