#include "config/value_json.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

// A NUL stays: it stands for an instance's number (instance_text.hpp).
std::string quoted_json(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (code < 0x20 && code != 0) {
            out += fmt::format("\\u{:04x}", code);
        } else {
            out += c;
        }
    }
    return out + '"';
}

class Writer {
public:
    explicit Writer(const Expand& expand) : expand_{expand} {}

    bool write(const Value& value, const std::string& path) {
        if (const auto* text = value.as<std::string>()) return write_text(value, *text, path);
        if (const auto* integer = value.as<std::int64_t>()) {
            out_ += std::to_string(*integer);
        } else if (const auto* number = value.as<double>()) {
            out_ += std::isfinite(*number) ? fmt::format("{}", *number) : "null";
        } else if (const auto* boolean = value.as<bool>()) {
            out_ += *boolean ? "true" : "false";
        } else if (const auto* date = value.as<Date>()) {
            out_ += quoted_json(date->text);
        } else if (const auto* array = value.as<Array>()) {
            return write_array(*array, path);
        } else {
            return write_table(*value.as<Table>(), path);
        }
        return true;
    }

    std::string take() { return std::move(out_); }
    Unexpandable failure() { return std::move(failure_); }

private:
    bool write_text(const Value& value, const std::string& text, const std::string& path) {
        if (text.contains('\0')) return fail(value, path, "it has a NUL character in it");
        auto expanded = expand_(text);
        if (!expanded) return fail(value, path, std::move(expanded.error()));
        out_ += quoted_json(*expanded);
        return true;
    }

    bool write_array(const Array& array, const std::string& path) {
        out_ += '[';
        for (std::size_t i = 0; i < array.size(); ++i) {
            if (i > 0) out_ += ',';
            if (!write(array[i], fmt::format("{}[{}]", path, i))) return false;
        }
        out_ += ']';
        return true;
    }

    bool write_table(const Table& table, const std::string& path) {
        out_ += '{';
        for (std::size_t i = 0; i < table.entries.size(); ++i) {
            const auto& entry = table.entries[i];
            if (i > 0) out_ += ',';
            const auto inner = path + "." + shown_key(entry.key);
            if (entry.key.contains('\0')) {
                return fail(entry.value, inner, "its name has a NUL character in it");
            }
            out_ += quoted_json(entry.key) + ':';
            if (!write(entry.value, inner)) return false;
        }
        out_ += '}';
        return true;
    }

    bool fail(const Value& value, const std::string& path, std::string cause) {
        failure_ = {&value, path, std::move(cause)};
        return false;
    }

    const Expand& expand_;
    std::string out_;
    Unexpandable failure_;
};

}  // namespace

std::expected<std::string, Unexpandable> to_json(const Value& value, const Expand& expand) {
    Writer writer{expand};
    if (!writer.write(value, "")) return std::unexpected{writer.failure()};
    return writer.take();
}

}  // namespace superd::config
