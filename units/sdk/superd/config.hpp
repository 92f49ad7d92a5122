// The unit's [config] table, typed and read-only.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <superd/abi.h>
#include <type_traits>
#include <utility>
#include <vector>

namespace superd {

// The configuration is wrong. Thrown from a service's constructor it ends the worker with exit code
// 78, which superd does not retry: what is in what() is what the operator reads, so say which key
// and what it should be.
// Named as the standard names its own. NOLINTNEXTLINE(readability-identifier-naming)
class config_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

inline const char* type_name(std::uint32_t type) {
    constexpr const char* names[] = {"nothing", "a boolean", "an integer", "a number",
                                     "a text",  "a list",    "a table"};
    return type < std::size(names) ? names[type] : "something unknown";
}
}  // namespace detail

// A table. A view: valid as long as the worker lives, cheap to copy. All errors are config_error
// and name the key with the tables that it is in, as "limits.body".
class Config {
public:
    Config() = default;
    explicit Config(const superd_abi_value* table, std::string path = {})
        : table_{table}, path_{std::move(path)} {}

    // Whether the key is there.
    bool has(std::string_view key) const { return find(key) != nullptr; }

    // The value of `key`, or `otherwise` when the key is missing. Throws when it has another type,
    // or when an integer does not fit into T. T is bool, an integer, a floating point type (which
    // takes integers too), std::string, or a std::vector of these.
    template <class T>
    T get(std::string_view key, T otherwise) const {
        const superd_abi_value* value = find(key);
        return value ? convert<T>(*value, name(key)) : std::move(otherwise);
    }
    std::string get(std::string_view key, const char* otherwise) const {
        return get<std::string>(key, otherwise);
    }

    // The value of `key`; throws when it is missing.
    template <class T>
    T require(std::string_view key) const {
        const superd_abi_value* value = find(key);
        if (!value) throw config_error{"config." + name(key) + " is missing"};
        return convert<T>(*value, name(key));
    }

    // The table `key` within this one; an empty one when it is missing. Throws when it is not a
    // table.
    Config section(std::string_view key) const {
        const superd_abi_value* value = find(key);
        if (value) expect(*value, SUPERD_TABLE, name(key));
        return Config{value, name(key)};
    }

    // The keys of this table, in the order of the configuration.
    std::vector<std::string> keys() const {
        std::vector<std::string> found;
        for (std::size_t i = 0; table_ && i < table_->count; ++i)
            found.emplace_back(table_->items[i].key);
        return found;
    }

private:
    const superd_abi_value* find(std::string_view key) const {
        for (std::size_t i = 0; table_ && i < table_->count; ++i)
            if (table_->items[i].key == key) return &table_->items[i];
        return nullptr;
    }

    std::string name(std::string_view key) const {
        return path_.empty() ? std::string{key} : path_ + "." + std::string{key};
    }

    static void expect(const superd_abi_value& value, std::uint32_t type, const std::string& name) {
        if (value.type != type)
            throw config_error{"config." + name + " must be " + detail::type_name(type) + ", not " +
                               detail::type_name(value.type)};
    }

    template <class T>
    static T convert(const superd_abi_value& value, const std::string& name) {
        if constexpr (std::is_same_v<T, bool>) {
            expect(value, SUPERD_BOOLEAN, name);
            return value.integer != 0;
        } else if constexpr (std::is_integral_v<T>) {
            expect(value, SUPERD_INTEGER, name);
            if (!std::in_range<T>(value.integer))
                throw config_error{"config." + name + " is " + std::to_string(value.integer) +
                                   "; it must be from " +
                                   std::to_string(std::numeric_limits<T>::min()) + " to " +
                                   std::to_string(std::numeric_limits<T>::max())};
            return static_cast<T>(value.integer);
        } else if constexpr (std::is_floating_point_v<T>) {
            if (value.type == SUPERD_INTEGER) return static_cast<T>(value.integer);
            expect(value, SUPERD_REAL, name);
            return static_cast<T>(value.real);
        } else if constexpr (detail::is_vector<T>) {
            expect(value, SUPERD_LIST, name);
            T list;
            for (std::size_t i = 0; i < value.count; ++i)
                list.push_back(convert<typename T::value_type>(
                    value.items[i], name + "[" + std::to_string(i) + "]"));
            return list;
        } else {
            static_assert(std::is_same_v<T, std::string>,
                          "a configuration value is bool, an integer, a floating point number, "
                          "std::string, or a std::vector of these");
            expect(value, SUPERD_TEXT, name);
            return std::string(value.text, value.count);
        }
    }

    const superd_abi_value* table_ = nullptr;
    std::string path_;
};

}  // namespace superd
