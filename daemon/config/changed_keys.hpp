// Gathers what difference.cpp finds.
#pragma once

#include "config/load.hpp"
#include "config/schema.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <string_view>
#include <utility>

namespace superd::config {

// Gathers the paths of keys whose values differ.
class Keys {
public:
    explicit Keys(Change& change) : change_{change} {}

    template <class T>
    void compare(std::string_view path, const T& before, const T& after) {
        if (!(before == after)) add(path);
    }
    void add(std::string_view path) { add(path, std::string{path}); }
    // A part of a key: "env.PORT" of "env".
    void add(std::string_view key_path, std::string shown) {
        const auto* key = unit_schema().find(key_path);
        assert(key != nullptr);
        restart_ = restart_ || key->applies == Applies::restart;
        if (std::ranges::find(change_.keys, shown) == change_.keys.end()) {
            change_.keys.push_back(std::move(shown));
        }
    }
    bool restart() const { return restart_; }

private:
    Change& change_;
    bool restart_ = false;
};

void compare_limits(const Unit& before, const Unit& after, Keys& keys);

}  // namespace superd::config
