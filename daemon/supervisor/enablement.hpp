// STATE/enabled: which units the operator has start by themselves, or not,
// whatever their files say. A line each: "web enabled".
//
// In the state directory, not among the unit files: these may be read-only, and
// are another's to write; a new version of a package changes nothing of this.
#pragma once

#include "base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace superd::supervisor {

class Enablement {
public:
    using Choices = std::map<std::string, bool, std::less<>>;

    // Lines that cannot be understood are dropped.
    static Choices parse(std::string_view text);
    static Enablement open(std::string path);

    // What the operator chose for the unit, if anything.
    std::optional<bool> find(std::string_view unit) const;
    const Choices& choices() const { return choices_; }
    // All or nothing: what cannot be written does not hold.
    Result<void> replace(Choices next);

private:
    std::string path_;
    Choices choices_;
};

}  // namespace superd::supervisor
