// Reads the members of a parsed JSON object by name and type. Unknown members
// are ignored, so that an older client reads a newer superd's answers.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

namespace superd::wire {

// Throws the boost::system::system_error of a text that is JSON, but not of the shape.
[[noreturn]] void throw_shape(const char* what);

// What is wrong with the text, in words for whoever sent it: what() of such an exception names a
// place in the sources of a library.
std::string problem_of(const boost::system::system_error& error);

// Throws for a text that is no JSON, or no JSON object.
// The value's memory is that of `storage`, where parsing in bulk is cheapest.
boost::json::value parse_object(std::string_view text, boost::json::storage_ptr storage = {});
// Also for one that has a member twice: which of them is meant, nobody can tell.
boost::json::value parse_unambiguous_object(std::string_view text);

// Each throws if the member is there with another type; `required` also if it is absent or null.
class JsonReader {
public:
    explicit JsonReader(const boost::json::value& value);

    // Null when the member is absent or null.
    const boost::json::value* find(std::string_view name) const;
    const boost::json::array& array(std::string_view name) const;  // Required.
    JsonReader object(std::string_view name) const;                // Required.

    void read(std::string_view name, std::string& out) const;
    void read(std::string_view name, bool& out) const;
    void read(std::string_view name, double& out) const;
    void read(std::string_view name, std::vector<std::string>& out) const;
    template <class Integer>
        requires std::is_integral_v<Integer>
    void read(std::string_view name, Integer& out) const {
        const auto* value = find(name);
        if (value == nullptr) return;
        boost::system::error_code error;
        out = value->to_number<Integer>(error);
        if (error) throw boost::system::system_error{error};
    }
    template <class T>
    void read(std::string_view name, std::optional<T>& out) const {
        if (find(name) == nullptr) return;
        T content{};
        read(name, content);
        out = std::move(content);
    }
    template <class T>
    void required(std::string_view name, T& out) const {
        if (find(name) == nullptr) throw_shape("a required member is absent");
        read(name, out);
    }

private:
    const boost::json::object* object_;
};

// Calls `each` for every element of `array`, as the reader of an object.
template <class Each>
void for_each_object(const boost::json::array& array, Each each) {
    for (const auto& element : array) each(JsonReader{element});
}

}  // namespace superd::wire
