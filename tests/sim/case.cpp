#include "tests/sim/case.hpp"

#include <charconv>
#include <system_error>

namespace superd::sim {
namespace {

constexpr std::uint32_t widest = 1'000'000;

bool take_number(const char*& at, const char* end, std::uint32_t& number) {
    const auto [rest, error] = std::from_chars(at, end, number);
    at = rest;
    return error == std::errc{};
}

}  // namespace

std::string ranges(const std::set<std::uint32_t>& numbers) {
    std::string text;
    for (auto next = numbers.begin(); next != numbers.end();) {
        const std::uint32_t first = *next;
        std::uint32_t last = first;
        while (++next != numbers.end() && *next == last + 1) last = *next;
        if (!text.empty()) text += ',';
        text += std::to_string(first);
        if (last != first) text += '-' + std::to_string(last);
    }
    return text;
}

bool parse_ranges(const std::string& text, std::set<std::uint32_t>& numbers) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        std::uint32_t first = 0;
        if (!take_number(at, end, first)) return false;
        std::uint32_t last = first;
        if (at < end && *at == '-' && !take_number(++at, end, last)) return false;
        if (last < first || last - first > widest) return false;
        for (std::uint32_t number = first; number <= last; ++number) numbers.insert(number);
        if (at < end && *at++ != ',') return false;
    }
    return true;
}

std::string command_of(const Case& it) {
    std::string text = "sim --seed " + std::to_string(it.seed);
    if (it.steps != 0) text += " --steps " + std::to_string(it.steps);
    const std::string without = it.faults.missing();
    if (!without.empty()) text += " --without " + without;
    if (!it.without_units.empty()) text += " --without-units " + ranges(it.without_units);
    if (!it.skipped.empty()) text += " --skip " + ranges(it.skipped);
    if (!it.ends_well) text += " --no-rest";
    if (it.shifted) text += " --shifted";
    return text;
}

}  // namespace superd::sim
