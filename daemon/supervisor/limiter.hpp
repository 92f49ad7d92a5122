// [limits] of units in the control files of their instances' groups, and what of them cannot be.
#pragma once

#include "base/result.hpp"
#include "config/unit.hpp"
#include "os/child.hpp"
#include "supervisor/groups.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace superd::supervisor {

// What one key has in one control file.
struct ControlFile {
    std::string_view key;         // "memory-max"
    std::string_view controller;  // "memory"
    std::string_view file;        // "memory.max"
    std::string value;
    bool chosen = false;  // The unit says so; else it is the kernel's default.
};
// All of them, defaults included.
std::vector<ControlFile> control_files(const config::Limits& limits);

class Limiter {
public:
    // `groups` null: there are none, and `why` completes "control groups are not used: ".
    void begin(const Groups* groups, std::string why) {
        groups_ = groups;
        why_ = std::move(why);
    }

    const std::string& why() const { return why_; }

    // Who has written to a group so far.
    enum class Written {
        nobody,    // It was made just now.
        us,        // This supervisor, or the one before it, by the same definition.
        somebody,  // It was there, and nobody knows since when.
    };
    // Has the group keep the unit's limits. Only what may differ from what is there is written, and
    // nothing when that is known to be right.
    Result<void> apply(const std::string& group, const config::Unit& unit, Written so_far);
    // Somebody may have changed it.
    void forget(const std::string& group) { applied_.erase(group); }

    // Sentences about what the unit's [limits] ask for and does not hold, one a controller; empty:
    // all hold.
    std::vector<std::string> notices(const config::Unit& unit) const;
    // The same of all units in one sentence, with what to do; empty: all hold.
    std::string warning(std::span<const std::shared_ptr<const config::Unit>> units) const;

    // That, when it is another one than the last time.
    std::string news(std::span<const std::shared_ptr<const config::Unit>> units);

    // What stands in for memory-max where there is no memory controller: RLIMIT_DATA.
    std::optional<os::ChildLimit> stand_in(const config::Unit& unit) const;

private:
    bool has(std::string_view controller) const {
        return groups_ != nullptr && groups_->has(controller);
    }
    std::string why_not(std::string_view controller) const;

    const Groups* groups_ = nullptr;
    std::string why_, told_;
    std::unordered_map<std::string, std::shared_ptr<const config::Limits>> applied_;  // By group.
};

}  // namespace superd::supervisor
