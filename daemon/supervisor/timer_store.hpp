// STATE/timers: when units with catch-up last ran, for after superd was down or
// the machine off. A line each: name, instance, seen, last (core/schedule.hpp).
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace superd::supervisor {

class TimerStore {
public:
    struct Entry {
        std::int64_t seen_ns = 0, last_ns = 0;
        friend bool operator==(const Entry&, const Entry&) = default;
    };
    using Key = std::pair<std::string, std::uint32_t>;  // Unit and instance.

    // Lines that cannot be understood are dropped. A file that is not there is an empty one.
    static std::map<Key, Entry> parse(std::string_view text);
    static TimerStore open(std::string path);

    const std::map<Key, Entry>& entries() const { return entries_; }
    void put(std::string_view unit, std::uint32_t index, Entry entry);
    void forget(std::string_view unit, std::uint32_t index);

    // Writes the file if anything is another than it says.
    Result<void> save();

private:
    std::string path_;
    std::map<Key, Entry> entries_;
    bool dirty_ = false;
};

}  // namespace superd::supervisor
