#include "supervisor/accepted.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::string_view magic = "superd accepted 1\n";

void append_block(std::string& out, std::string_view block) {
    out.append(std::to_string(block.size())).append("\n").append(block);
}

// Cuts blocks off the front of a text.
class Blocks {
public:
    explicit Blocks(std::string_view rest) : rest_{rest} {}

    std::optional<std::size_t> number() {
        std::size_t value = 0;
        const char* const last = rest_.data() + rest_.size();
        const auto [end, error] = std::from_chars(rest_.data(), last, value);
        if (error != std::errc{} || end == last || *end != '\n') return std::nullopt;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 1);
        return value;
    }
    std::optional<std::string_view> block() {
        const auto size = number();
        if (!size || *size > rest_.size()) return std::nullopt;
        const std::string_view found = rest_.substr(0, *size);
        rest_.remove_prefix(*size);
        return found;
    }
    bool done() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

std::unexpected<Error> damaged() {
    return fail(std::errc::illegal_byte_sequence, "understand the accepted configuration");
}

using Units = std::vector<std::shared_ptr<const config::Unit>>;

std::shared_ptr<const config::Unit>* find_unit(Units& units, std::string_view name) {
    const auto found =
        std::ranges::find_if(units, [&](const auto& unit) { return unit->spec.name == name; });
    return found == units.end() ? nullptr : &*found;
}

}  // namespace

std::string Accepted::serialize() const {
    std::string out{magic};
    out += std::to_string(generations.size()) + "\n";
    for (const auto& generation : generations) append_block(out, generation.serialize());
    out += std::to_string(held_back.size()) + "\n";
    for (const auto& [unit, generation] : held_back) {
        append_block(out, unit);
        out += std::to_string(generation) + "\n";
    }
    return out;
}

Result<Accepted> Accepted::deserialize(std::string_view bytes) {
    if (!bytes.starts_with(magic)) return damaged();
    Blocks blocks{bytes.substr(magic.size())};
    Accepted accepted;
    const auto generations = blocks.number();
    if (!generations || *generations == 0) return damaged();
    for (std::size_t i = 0; i < *generations; ++i) {
        const auto block = blocks.block();
        if (!block) return damaged();
        auto sources = config::Sources::deserialize(*block);
        if (!sources) return std::unexpected{std::move(sources.error())};
        accepted.generations.push_back(std::move(*sources));
    }
    const auto held = blocks.number();
    if (!held) return damaged();
    for (std::size_t i = 0; i < *held; ++i) {
        const auto unit = blocks.block();
        const auto generation = blocks.number();
        if (!unit || !generation || *generation >= *generations) return damaged();
        accepted.held_back.emplace(*unit, *generation);
    }
    if (!blocks.done()) return damaged();
    return accepted;
}

Accepted succeed(Accepted before, config::Sources next, const std::set<std::string>& held_back) {
    Accepted result;
    std::map<std::size_t, std::size_t> moved;  // Where an earlier generation is now.
    for (const std::string& unit : held_back) {
        if (before.generations.empty()) break;
        const auto earlier = before.held_back.find(unit);
        const std::size_t from =
            earlier == before.held_back.end() ? before.generations.size() - 1 : earlier->second;
        if (!moved.contains(from)) {
            moved[from] = result.generations.size();
            result.generations.push_back(std::move(before.generations[from]));
        }
        result.held_back[unit] = moved[from];
    }
    result.generations.push_back(std::move(next));
    return result;
}

std::expected<config::Configuration, config::Diagnostics> realize(const Accepted& accepted) {
    auto present = config::parse(accepted.generations.back());
    if (!present) return present;
    for (std::size_t i = 0; i + 1 < accepted.generations.size(); ++i) {
        auto earlier = config::parse(accepted.generations[i]);
        if (!earlier) continue;
        for (const auto& [unit, generation] : accepted.held_back) {
            if (generation != i) continue;
            auto* const from = find_unit(earlier->units, unit);
            auto* const to = find_unit(present->units, unit);
            if (from != nullptr && to != nullptr) *to = *from;
        }
    }
    return present;
}

namespace {

class CycleSearch {
public:
    explicit CycleSearch(const config::Configuration& configuration) {
        for (const auto& unit : configuration.units) units_[unit->spec.name] = unit.get();
    }

    std::string from(const std::string& name) {
        const auto found = units_.find(name);
        if (found == units_.end() || done_.contains(name)) return {};
        const auto seen = std::ranges::find(path_, name);
        if (seen != path_.end()) {
            std::string text;
            for (auto each = seen; each != path_.end(); ++each) text += *each + " -> ";
            return text + name;
        }
        path_.push_back(name);
        for (const auto& dependency : found->second->spec.dependencies) {
            if (auto circle = from(dependency.unit); !circle.empty()) return circle;
        }
        path_.pop_back();
        done_.insert(name);
        return {};
    }

private:
    std::map<std::string, const config::Unit*> units_;
    std::vector<std::string> path_;
    std::set<std::string> done_;
};

}  // namespace

std::string find_cycle(const config::Configuration& configuration) {
    CycleSearch search{configuration};
    for (const auto& unit : configuration.units) {
        if (auto circle = search.from(unit->spec.name); !circle.empty()) return circle;
    }
    return {};
}

}  // namespace superd::supervisor
