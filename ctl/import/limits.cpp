#include "ctl/import/limits.hpp"

#include "ctl/import/toml.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

namespace superctl::importing {

namespace {

std::string bytes_text(std::int64_t bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB"};
    std::size_t unit = 0;
    for (; bytes != 0 && bytes % 1024 == 0 && unit + 1 < units.size(); ++unit) bytes /= 1024;
    return std::to_string(bytes) + units.at(unit);
}

std::string share_text(std::int64_t thousandths) {
    std::string text = std::to_string(thousandths / 1000);
    if (const auto rest = thousandths % 1000; rest != 0) {
        text += "." + std::to_string(1000 + rest).substr(1);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text + "%";
}

std::string toml_of(LimitForm form, std::int64_t value) {
    if (form == LimitForm::bytes) return toml_string(bytes_text(value));
    if (form == LimitForm::share) return toml_string(share_text(value));
    return std::to_string(value);
}

}  // namespace

const LimitKey& limit_key(std::string_view path) {
    const auto* const found = std::ranges::find(limit_keys, path, &LimitKey::path);
    assert(found != limit_keys.end());
    return *found;
}

std::optional<std::string> set_limit(Draft& draft, const LimitKey& key, std::int64_t value) {
    if (value < key.minimum || value > key.maximum) {
        return "superd takes " + toml_of(key.form, key.minimum) + " to " +
               toml_of(key.form, key.maximum);
    }
    draft.set(key.path, toml_of(key.form, value));
    return {};
}

void set_unlimited(Draft& draft, const LimitKey& key) {
    draft.set(key.path, toml_string("unlimited"));
}

std::optional<std::int64_t> parse_scaled(std::string_view number, double scale) {
    constexpr double most = 9e18;
    double value = 0;
    const auto* const last = number.data() + number.size();
    const auto [end, error] = std::from_chars(number.data(), last, value, std::chars_format::fixed);
    if (error != std::errc{} || end != last) return {};
    value *= scale;
    if (!(value >= 0 && value <= most)) return {};  // Of NaN, which is a number to from_chars, too.
    if (value == 0) return 0;
    return std::max<std::int64_t>(std::llround(value), 1);
}

}  // namespace superctl::importing
