#include "config/instance_text.hpp"

#include "config/listen_address.hpp"
#include "config/read_probe.hpp"

namespace superd::config {

std::string for_instance(std::string text, std::uint32_t index) {
    const auto number = std::to_string(index);
    for (auto at = text.find(instance_mark); at != text.npos;
         at = text.find(instance_mark, at + number.size())) {
        text.replace(at, 1, number);
    }
    return text;
}

void set_instance(std::vector<std::string>& texts, std::uint32_t index) {
    for (auto& text : texts) {
        if (text.contains(instance_mark)) text = for_instance(std::move(text), index);
    }
}

Ready for_instance(const Ready& ready, std::uint32_t index) {
    Ready own = ready;
    set_instance(own.argv, index);
    if (!ready.open.empty()) {
        static_cast<void>(parse_probe(ready.kind, for_instance(ready.open, index), own));
    }
    return own;
}

namespace {

std::optional<std::string> check_way(const Ready& ready, const std::string& key,
                                     std::uint32_t index) {
    if (ready.open.empty()) return std::nullopt;
    Ready own = ready;
    const auto cause = parse_probe(ready.kind, for_instance(ready.open, index), own);
    if (!cause) return std::nullopt;
    return key + " cannot be used for instance " + std::to_string(index) + ": " + *cause;
}

}  // namespace

std::optional<std::string> check_instance(const Unit& unit, std::uint32_t index) {
    if (unit.ready) {
        if (auto cause = check_way(*unit.ready, "its [ready]", index)) return cause;
    }
    for (std::size_t i = 0; i < unit.checks.size(); ++i) {
        const auto key = "its check \"" + unit.spec.checks[i].name + "\"";
        if (auto cause = check_way(unit.checks[i], key, index)) return cause;
    }
    for (const Listener& listener : unit.listeners) {
        const auto address = parse_listen_address(for_instance(listener.address, index));
        if (address) continue;
        return "its listener " + listener.name + " cannot be used for instance " +
               std::to_string(index) + ": " + address.error();
    }
    return std::nullopt;
}

}  // namespace superd::config
