#include "wire/json_reader.hpp"

#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>

namespace superd::wire {

void throw_shape(const char* what) {
    throw boost::system::system_error{boost::json::make_error_code(boost::json::error::not_object),
                                      what};
}

boost::json::value parse_object(std::string_view text, boost::json::storage_ptr storage) {
    boost::system::error_code error;
    auto value = boost::json::parse(text, error, std::move(storage));
    if (error) throw boost::system::system_error{error};
    if (!value.is_object()) throw_shape("not a JSON object");
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
